/** The days the insights speak of: read from the address, written back to it. Days are "YYYY-MM-DD" in the business's zone. */
import { dayOf } from "../../ui/time.ts";

export type Day = string;
export type Preset = "7" | "30" | "90" | "month" | "custom";

export interface Range {
  preset: Preset;
  from: Day;
  to: Day;
}

export const PRESETS: ReadonlyArray<{ value: Preset; label: string }> = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "month", label: "This month" },
  { value: "custom", label: "Custom" },
];

const FALLBACK: Preset = "30";
const MAX_YEARS = 5;
const MS_PER_DAY = 86_400_000;

/** The day it is in a zone of the IANA database. */
export function todayIn(timeZone: string, now: Date = new Date()): Day {
  return dayOf(now, { timeZone });
}

/** A day's midnight in UTC, to count with; NaN for what is no day of the calendar, such as 2026-02-30. */
export function toUtc(day: Day): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return Number.NaN;
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day ? Number.NaN : at;
}

export function addDays(day: Day, count: number): Day {
  return new Date(toUtc(day) + count * MS_PER_DAY).toISOString().slice(0, 10);
}

/** How many days a range has, both ends included. */
export function countDays(from: Day, to: Day): number {
  return Math.round((toUtc(to) - toUtc(from)) / MS_PER_DAY) + 1;
}

/** The days of a preset that ends today; a custom one starts as the usual one. */
export function resolvePreset(preset: Preset, today: Day): Range {
  if (preset === "month") return { preset, from: `${today.slice(0, 8)}01`, to: today };
  const days = Number(preset === "custom" ? FALLBACK : preset);
  return { preset, from: addDays(today, 1 - days), to: today };
}

/** What is wrong with days somebody chose, by field; empty where nothing is. */
export function findRangeProblems(from: Day, to: Day): { from?: string; to?: string } {
  const problems: { from?: string; to?: string } = {};
  if (Number.isNaN(toUtc(from))) problems.from = "Choose the first day.";
  if (Number.isNaN(toUtc(to))) problems.to = "Choose the last day.";
  if (problems.from ?? problems.to) return problems;
  if (to < from) problems.to = "The last day must not be before the first.";
  else if (to > `${Number(from.slice(0, 4)) + MAX_YEARS}${from.slice(4)}`) {
    problems.from = `Choose at most ${MAX_YEARS} years.`;
  }
  return problems;
}

/** The range an address asks for; the last 30 days where it asks for none, or for one that does not exist. */
export function readRange(query: URLSearchParams, today: Day): Range {
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? "";
  if (from !== "" && to !== "" && Object.keys(findRangeProblems(from, to)).length === 0) {
    return { preset: "custom", from, to };
  }
  const preset = query.get("range");
  const known = PRESETS.find((each) => each.value === preset && each.value !== "custom");
  return resolvePreset(known?.value ?? FALLBACK, today);
}

/** The query that readRange reads back; the usual range needs none. */
export function writeRange(range: Range): string {
  if (range.preset === "custom") return new URLSearchParams({ from: range.from, to: range.to }).toString();
  return range.preset === FALLBACK ? "" : new URLSearchParams({ range: range.preset }).toString();
}
