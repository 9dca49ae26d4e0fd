import { useEffect } from "preact/hooks";
import { boot } from "../boot.ts";
import { createStore, useStore } from "../state/store.ts";
import { type Clock, exact, relative, short } from "./time.ts";

/** The dashboard speaks English, and writes times as the reader's own English does. */
export const clock: Clock = {
  timeZone: boot.timeZone,
  locale: navigator.languages.find((name) => /^en\b/i.test(name)) ?? "en-US",
};

const now = createStore(new Date());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function useNow(): Date {
  useEffect(() => {
    if (watchers++ === 0) timer = setInterval(() => now.set(new Date()), 30_000);
    return () => {
      if (--watchers === 0) clearInterval(timer);
    };
  }, []);
  return useStore(now);
}

/** A moment of the API. Near ones count on by themselves; the exact one is in the title. */
export function Time({ at, kind = "relative" }: { at: string; kind?: "relative" | "short" }) {
  const moment = new Date(at);
  const current = useNow();
  const today = current < moment ? moment : current;
  return (
    <time dateTime={at} title={exact(moment, clock)}>
      {kind === "short" ? short(moment, clock, today) : relative(moment, clock, today)}
    </time>
  );
}
