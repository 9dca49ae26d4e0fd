/** Moments as people of the business read them: in its own time zone, near ones by how long ago. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Clock {
  timeZone: string;
  locale: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(clock: Clock, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${clock.locale} ${clock.timeZone} ${name}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(clock.locale, { ...options, timeZone: clock.timeZone });
    formats.set(key, found);
  }
  return found;
}

/** "Friday, November 27, 2026 at 5:30:09 PM EST" */
export function exact(at: Date, clock: Clock): string {
  return format(clock, "exact", { dateStyle: "full", timeStyle: "long" }).format(at);
}

/** "Nov 27, 5:30 PM", with the year where it is another one. */
export function short(at: Date, clock: Clock, now: Date): string {
  const isThisYear = dayOf(at, clock).slice(0, 4) === dayOf(now, clock).slice(0, 4);
  return format(clock, isThisYear ? "short" : "short-year", {
    ...(isThisYear ? {} : { year: "numeric" }),
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  }).format(at);
}

/** The business's day, "2026-11-27": by its parts, since no locale writes a date alike in every browser. */
export function dayOf(at: Date, { timeZone }: Pick<Clock, "timeZone">): string {
  const numbers = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const parts = format({ timeZone, locale: "en-US" }, "day", numbers).formatToParts(at);
  const [year, month, day] = ["year", "month", "day"].map((type) => parts.find((part) => part.type === type)?.value);
  return `${year}-${month}-${day}`;
}

/** "just now", "5 min ago", "3 h ago", "yesterday, 5:30 PM", else the date. */
export function relative(at: Date, clock: Clock, now: Date): string {
  const age = now.getTime() - at.getTime();
  if (age < MINUTE) return "just now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  const time = format(clock, "time", { hour: "numeric", minute: "2-digit" }).format(at);
  const day = dayOf(at, clock);
  if (day === dayOf(now, clock)) return age < 12 * HOUR ? `${Math.floor(age / HOUR)} h ago` : `today, ${time}`;
  if (day === dayOf(new Date(now.getTime() - DAY), clock)) return `yesterday, ${time}`;
  return short(at, clock, now);
}
