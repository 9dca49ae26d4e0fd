/** Which handoffs are wanted. The address of the page holds it, so that back, forward and sharing work. */
import type { HandoffStatus } from "../../../.generated/openapi";

export interface Filters {
  status: readonly HandoffStatus[];
  q: string;
  service: string;
  source: string;
  industry: string;
  /** First and last day in the business's zone, both included, as YYYY-MM-DD. */
  from: string;
  to: string;
}

export const NO_FILTERS: Filters = { status: [], q: "", service: "", source: "", industry: "", from: "", to: "" };

const STATUSES: readonly string[] = ["new", "redirected", "completed_external", "abandoned"];
const TEXTS = ["service", "source", "industry"] as const;
const MAX_TEXT = 500;
const MAX_Q = 200;

function isDay(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Read an address. What the API would refuse is left out: an old or mistyped link still shows a list. */
export function parseFilters(search: URLSearchParams): Filters {
  const text = (name: string, most: number): string => (search.get(name) ?? "").trim().slice(0, most);
  const day = (name: string): string => (isDay(search.get(name) ?? "") ? (search.get(name) ?? "") : "");
  const given = search.getAll("status");
  const [from, to] = [day("from"), day("to")];
  return {
    status: STATUSES.filter((status) => given.includes(status)) as HandoffStatus[],
    q: text("q", MAX_Q),
    service: text("service", MAX_TEXT),
    source: text("source", MAX_TEXT),
    industry: text("industry", MAX_TEXT),
    from,
    to: from && to && to < from ? from : to,
  };
}

/** The parameters of the API, and of the page's address: always in the same order, nothing empty. */
export function toParameters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  for (const status of STATUSES) {
    if ((filters.status as readonly string[]).includes(status)) search.append("status", status);
  }
  if (filters.q) search.set("q", filters.q);
  for (const name of TEXTS) if (filters[name]) search.set(name, filters[name]);
  if (filters.from) search.set("from", filters.from);
  if (filters.to) search.set("to", filters.to);
  return search;
}

/** The page's address with these filters. */
export function toHref(filters: Filters): string {
  const search = toParameters(filters);
  return search.size ? `/dashboard?${search}` : "/dashboard";
}

/** How many of the filters beside status and search are set: those behind the button on a phone. */
export function countMore(filters: Filters): number {
  return TEXTS.filter((name) => filters[name]).length + (filters.from || filters.to ? 1 : 0);
}

/** A day so many days from another, as YYYY-MM-DD. */
export function shiftDay(day: string, days: number): string {
  const moved = new Date(`${day}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
