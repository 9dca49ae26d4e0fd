/** When to ask again: often while somebody looks, seldom while it fails, never while nobody does. */

/** Milliseconds between two questions while all is well. */
export const INTERVAL = 5_000;
const LONGEST = 120_000;

/** Milliseconds until the next question after so many failures in a row; `random` is from 0 to 1. */
export function nextDelay(failures: number, retryAfter: number | null, random: number): number {
  const backedOff = Math.min(INTERVAL * 2 ** failures, LONGEST);
  const spread = failures ? backedOff * (0.75 + random / 2) : backedOff;
  return Math.max(spread, (retryAfter ?? 0) * 1000);
}

/** What a question came to: true when answered; else a pause of seconds the server asked for, or null. */
export type Outcome = true | { retryAfter: number | null };

/** Ask over and over until the returned function is called. Asks at once when the page is looked at again. */
export function poll(ask: (signal: AbortSignal) => Promise<Outcome>): () => void {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let controller: AbortController | undefined;
  let isStopped = false;

  const plan = (delay: number): void => {
    clearTimeout(timer);
    if (!isStopped && !document.hidden) timer = setTimeout(() => void run(), delay);
  };
  const run = async (): Promise<void> => {
    if (controller) return; // one question at a time
    controller = new AbortController();
    const outcome = await ask(controller.signal);
    controller = undefined;
    failures = outcome === true ? 0 : failures + 1;
    plan(nextDelay(failures, outcome === true ? null : outcome.retryAfter, Math.random()));
  };
  const wake = (): void => {
    if (document.hidden) clearTimeout(timer);
    else plan(0);
  };

  document.addEventListener("visibilitychange", wake);
  addEventListener("focus", wake);
  addEventListener("online", wake);
  plan(INTERVAL);
  return () => {
    isStopped = true;
    clearTimeout(timer);
    controller?.abort();
    document.removeEventListener("visibilitychange", wake);
    removeEventListener("focus", wake);
    removeEventListener("online", wake);
  };
}
