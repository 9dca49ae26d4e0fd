/**
 * The click where the tenant wants the provider's page in a frame on ours. Without this script, and whenever a step of it
 * fails, the form does what it says: it posts the click and leads to the provider.
 */
import "./handover.css";
import { needsFallback, nextState, type Sign, type State } from "./framing.ts";

const CLICK_TIMEOUT_MS = 5_000;
const SILENT_MS = 8_000;
const PROBE_AFTER_MS = 1_000;
// Their page works as on its own: scripts, its own storage, forms, pop-ups (payment, calendars), and leaving for its
// thank-you page when the visitor presses a button. Nothing of ours, and no camera or microphone.
const SANDBOX =
  "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";
const PERMISSIONS = "payment; camera 'none'; microphone 'none'; geolocation 'none'";

function enhance(form: HTMLFormElement, stage: HTMLElement): void {
  const origin = stage.dataset["origin"] ?? "";
  const endpoint = stage.dataset["endpoint"] ?? "";
  const trusted = stage.dataset["trusted"] === "true";
  const fallback = stage.querySelector<HTMLElement>("[data-fallback]");
  const waiting = stage.querySelector<HTMLElement>("[data-waiting]");
  const button = form.querySelector<HTMLButtonElement>("[type=submit]");
  let state: State = "waiting";

  /** Marks the click and returns the address to frame. */
  const click = async (): Promise<string> => {
    const answer = await fetch(endpoint, { method: "POST", signal: AbortSignal.timeout(CLICK_TIMEOUT_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    const { url } = (await answer.json()) as { url: string };
    if (new URL(url).origin !== origin) throw new Error("another site");
    return url;
  };

  const show = (): void => {
    if (waiting) waiting.hidden = state !== "waiting";
    stage.dataset["state"] = state;
    if (!fallback || fallback.hidden !== needsFallback(state)) return;
    fallback.hidden = !needsFallback(state);
    if (!fallback.hidden) fallback.focus();
  };

  const notice = (sign: Sign): void => {
    state = nextState(state, sign, trusted);
    show();
  };

  /** Loads the page once more where failure shows: an <object> fires `error` where a frame shows an error page. */
  const probe = (url: string): void => {
    if (state !== "loaded") return;
    const object = document.createElement("object");
    object.className = "vh";
    object.tabIndex = -1;
    object.setAttribute("aria-hidden", "true");
    object.type = "text/html";
    object.data = url;
    const done = (sign: Sign) => (): void => {
      object.remove();
      notice(sign);
    };
    object.addEventListener("load", done("probeLoad"));
    object.addEventListener("error", done("probeError"));
    stage.append(object);
  };

  const openFrame = (url: string): void => {
    const frame = document.createElement("iframe");
    frame.dataset["testid"] = "booking-frame";
    frame.title = stage.dataset["title"] ?? "";
    frame.setAttribute("sandbox", SANDBOX);
    frame.allow = PERMISSIONS;
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = url;
    frame.addEventListener("load", () => {
      notice("load");
      setTimeout(() => probe(url), PROBE_AFTER_MS);
    });
    addEventListener("message", (event) => {
      if (event.source === frame.contentWindow && event.origin === origin) notice("message");
    });
    document.addEventListener("securitypolicyviolation", (event) => {
      if (event.effectiveDirective === "frame-src") notice("violation");
    });
    setTimeout(() => notice("timeout"), SILENT_MS);
    stage.prepend(frame);
    stage.hidden = false;
    form.hidden = true;
    stage.scrollIntoView();
    frame.focus();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button) button.disabled = true;
    click().then(openFrame, () => {
      if (button) button.disabled = false;
      form.submit(); // past this listener: the plain click leads to the provider even with our records away
    });
  });
}

const form = document.querySelector<HTMLFormElement>("[data-click]");
const stage = document.querySelector<HTMLElement>("[data-stage]");
if (form && stage) enhance(form, stage);
