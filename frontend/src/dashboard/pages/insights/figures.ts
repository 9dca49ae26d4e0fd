/** Counts, shares, changes and durations as people read them. */
import type { Day } from "./range.ts";
import { toUtc } from "./range.ts";

export interface Counts {
  captured: number;
  redirected: number;
  completed: number;
  abandoned: number;
}

export type Interval = "day" | "week" | "month";

export interface Change {
  direction: "up" | "down" | "same";
  text: string;
}

/** The share of a whole, 0 to 1; null of nothing. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** How numbers and days are written in a locale. */
export class Formats {
  readonly #locale: string;
  readonly #count: Intl.NumberFormat;
  readonly #percent: Intl.NumberFormat;
  readonly #points: Intl.NumberFormat;

  /** A BCP 47 tag. */
  constructor(locale: string) {
    this.#locale = locale;
    this.#count = new Intl.NumberFormat(this.#locale);
    this.#percent = new Intl.NumberFormat(this.#locale, { style: "percent", maximumFractionDigits: 1 });
    this.#points = new Intl.NumberFormat(this.#locale, { maximumFractionDigits: 1 });
  }

  count(value: number): string {
    return this.#count.format(value);
  }

  percent(value: number | null): string {
    return value === null ? "–" : this.#percent.format(value);
  }

  /** A count against the period before, in percent of it; null where there is nothing to compare with. */
  change(current: number, previous: number): Change | null {
    if (previous === 0) return null;
    const text = this.#percent.format(Math.abs(current / previous - 1));
    return { direction: direction(current - previous), text };
  }

  /** A share against the share before, in percentage points; null where one of them is of nothing. */
  changeOfShare(current: number | null, previous: number | null): Change | null {
    if (current === null || previous === null) return null;
    const points = Math.round((current - previous) * 1000) / 10;
    return { direction: direction(points), text: `${this.#points.format(Math.abs(points))} points` };
  }

  /** A day in full, such as Wed, 25 Nov 2026. */
  day(day: Day): string {
    return this.#date(day, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  }

  /** A range of days, as short as it can be. */
  days(from: Day, to: Day): string {
    const style = new Intl.DateTimeFormat(this.#locale, { dateStyle: "medium", timeZone: "UTC" });
    return style.formatRange(toUtc(from), toUtc(to));
  }

  /** A point of the timeline by its first day. */
  interval(start: Day, interval: Interval): string {
    if (interval === "day") return this.day(start);
    if (interval === "month") return this.#date(start, { month: "long", year: "numeric" });
    return `Week of ${this.#date(start, { day: "numeric", month: "short", year: "numeric" })}`;
  }

  /** A mark on the time axis. */
  tick(start: Day, interval: Interval): string {
    return this.#date(
      start,
      interval === "month" ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" },
    );
  }

  /** An hour of the day, such as 5 PM. */
  hour(hour: number): string {
    return this.#date(`1970-01-01`, { hour: "numeric" }, hour * 3_600_000);
  }

  #date(day: Day, options: Intl.DateTimeFormatOptions, plus = 0): string {
    return new Intl.DateTimeFormat(this.#locale, { ...options, timeZone: "UTC" }).format(toUtc(day) + plus);
  }
}

function direction(difference: number): Change["direction"] {
  return difference > 0 ? "up" : difference < 0 ? "down" : "same";
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** The name of ISO weekday 1 to 7. */
export function weekday(number: number): string {
  return WEEKDAYS[number - 1] ?? String(number);
}

const UNITS: ReadonlyArray<[seconds: number, name: string]> = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A duration in its two largest units, such as 3 min 20 s. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  const whole = Math.round(seconds);
  const at = UNITS.findIndex(([size]) => whole >= size);
  const [size, name] = UNITS[at] ?? [1, "s"];
  const [smaller, smallerName] = (at === -1 ? undefined : UNITS[at + 1]) ?? [1, ""];
  const rest = Math.floor((whole % size) / smaller);
  const large = `${Math.floor(whole / size)} ${name}`;
  return smallerName === "" || rest === 0 ? large : `${large} ${rest} ${smallerName}`;
}

/** What a bucket of durations holds, by its own bound and the one before; null is no bound. */
export function bucket(after: number | null, upTo: number | null): string {
  if (upTo === null) return `over ${duration(after)}`;
  return after === null ? `up to ${duration(upTo)}` : `${duration(after)} – ${duration(upTo)}`;
}
