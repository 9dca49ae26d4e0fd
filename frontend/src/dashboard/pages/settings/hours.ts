/** Opening hours: the flat list the API keeps, and the week of days with spans that people edit. */

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type DayName = (typeof DAYS)[number];

export const DAY_LABELS: Record<DayName, string> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

/** Times are HH:MM. One that closes before it opens runs past midnight. */
export interface Span {
  opens: string;
  closes: string;
}

export interface HoursLine extends Span {
  day: DayName;
}

export type Week = Record<DayName, Span[]>;

/** The API takes 21 spans in all. */
export const MAX_SPANS_PER_DAY = 3;

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
const MINUTES_PER_DAY = 24 * 60;
const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY;

export function toWeek(hours: readonly HoursLine[]): Week {
  const spansOf = (name: DayName): Span[] =>
    hours.filter((line) => line.day === name).map(({ opens, closes }) => ({ opens, closes }));
  return Object.fromEntries(DAYS.map((name) => [name, spansOf(name)])) as Week;
}

/** A further span: nine to five on a closed day, else from an hour after the last one closes. */
export function suggestSpan(spans: readonly Span[]): Span {
  const last = spans.at(-1);
  if (last === undefined || !isClock(last.closes) || !isClock(last.opens)) return { opens: "09:00", closes: "17:00" };
  const start = last.closes < last.opens ? MINUTES_PER_DAY : toMinutes(last.closes) + 60;
  if (start >= MINUTES_PER_DAY - 60) return { opens: "", closes: "" };
  return { opens: toClock(start), closes: toClock(Math.min(start + 4 * 60, MINUTES_PER_DAY - 1)) };
}

export function setDay(week: Week, day: DayName, spans: readonly Span[]): Week {
  return { ...week, [day]: spans.map((span) => ({ ...span })) };
}

/** The week with one day's spans on all the given days. */
export function copyDay(week: Week, from: DayName, to: readonly DayName[]): Week {
  return to.reduce((changed, day) => setDay(changed, day, week[from]), week);
}

export const WEEKDAYS: readonly DayName[] = DAYS.slice(0, 5);

/** What is wrong with each span, keyed `mon.0`; empty where nothing is. */
export function findHoursProblems(week: Week): Record<string, string> {
  const problems: Record<string, string> = {};
  const before: Range[] = [];
  DAYS.forEach((day, number) => {
    week[day].forEach((span, index) => {
      const range = toRange(span, number * MINUTES_PER_DAY);
      const problem = findSpanProblem(span, range, before);
      if (problem !== null) problems[`${day}.${index}`] = problem;
      if (range !== null) before.push(range);
    });
  });
  return problems;
}

/** Minutes since Monday began. */
type Range = [start: number, end: number];

function findSpanProblem(span: Span, range: Range | null, before: readonly Range[]): string | null {
  if (range === null) return "Give both times.";
  if (span.opens === span.closes) return "Opening and closing time must differ.";
  return before.some((other) => overlap(range, other)) ? "This overlaps with other hours." : null;
}

/** Sunday's night runs into Monday. */
function overlap([aStart, aEnd]: Range, [bStart, bEnd]: Range): boolean {
  return [-MINUTES_PER_WEEK, 0, MINUTES_PER_WEEK].some((shift) => aStart + shift < bEnd && bStart < aEnd + shift);
}

function toRange({ opens, closes }: Span, midnight: number): Range | null {
  if (!isClock(opens) || !isClock(closes)) return null;
  return [midnight + toMinutes(opens), midnight + toMinutes(closes) + (closes < opens ? MINUTES_PER_DAY : 0)];
}

function isClock(text: string): boolean {
  return CLOCK.test(text);
}

function toMinutes(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}

function toClock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
