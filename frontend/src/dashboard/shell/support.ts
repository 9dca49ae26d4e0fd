/** A support session's banner, which the server drew: it counts down, and follows what an owner allows. */
import { call } from "../api/client.ts";
import { boot } from "../boot.ts";
import { isVisitOver } from "../state/visit.ts";
import { timeLeft } from "./timeLeft.ts";

const POLL = 5_000;

/** Watch over the session, where this is one: it ends by time, by an owner, or by the platform. */
export function followVisit(): void {
  const banner = document.querySelector<HTMLElement>(".support-banner");
  if (!boot.support || !banner) return;
  const { mayWrite } = boot.support;
  let end = performance.now() + boot.support.secondsLeft * 1000;
  const left = banner.querySelector<HTMLElement>("[role=timer]");
  const root = document.documentElement;
  new ResizeObserver(() => root.style.setProperty("--above", `${banner.offsetHeight}px`)).observe(banner);

  const tick = (): void => {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    if (seconds <= 0) return isVisitOver.set(true);
    const text = timeLeft(seconds);
    if (left && left.textContent !== text) left.textContent = text;
  };
  const look = async (): Promise<void> => {
    if (document.hidden) return;
    try {
      const session = await call("GET /support-session"); // 401 ends it
      end = performance.now() + session.secondsLeft * 1000;
      // What may be pressed is another page now. A reader has typed nothing that could be lost.
      if (session.mayWrite !== mayWrite) location.reload();
    } catch {
      // Away for the moment; the next look tells.
    }
  };
  const timers = [setInterval(tick, 1000), setInterval(() => void look(), POLL)];
  document.addEventListener("visibilitychange", () => void look());
  isVisitOver.subscribe(() => {
    timers.forEach(clearInterval);
    banner.remove();
    root.style.removeProperty("--above");
  });
  tick();
}
