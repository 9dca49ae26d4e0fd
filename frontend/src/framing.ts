/**
 * What is known of a frame, without a page: whether the provider's page lives in it, is blocked, or is still silent.
 * A browser fires `load` for a page and for the error page it puts in its place alike, so `load` alone proves nothing.
 */

export type Sign =
  | "load" /* the frame loaded something */
  | "message" /* the provider's page spoke to us */
  | "probeLoad" /* the same page loaded in an <object>, which, unlike a frame, tells failure from success */
  | "probeError"
  | "violation" /* the frame went to a place our policy does not allow */
  | "timeout";

export type State = "waiting" | "loaded" | "alive" | "blocked" | "silent";

/** The state after a sign. `trusted`: our server has seen that the page may be framed, so `load` is proof enough. */
export function nextState(state: State, sign: Sign, trusted: boolean): State {
  if (sign === "violation" || sign === "probeError") return state === "alive" ? state : "blocked";
  if (sign === "message" || sign === "probeLoad") return "alive";
  if (sign === "load") return state === "alive" || state === "blocked" ? state : trusted ? "alive" : "loaded";
  return state === "waiting" ? "silent" : state;
}

/** Whether the way out by a button is due: the frame shows nothing a visitor can use. */
export function needsFallback(state: State): boolean {
  return state === "blocked" || state === "silent";
}
