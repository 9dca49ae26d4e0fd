/** Puts what the server says now into what is shown, without moving a row. */
import type { HandoffOut } from "../../../.generated/openapi";

export interface Shown {
  items: readonly HandoffOut[];
  nextCursor: string | null;
}

interface Merged {
  /** The rows as shown, each as the server has it now. */
  items: readonly HandoffOut[];
  /** What belongs among the rows but is not shown yet, newest first. */
  waiting: readonly HandoffOut[];
  /** Shown rows that the answer should hold and does not: changed out of the filters, or gone. */
  missing: readonly string[];
  /** Between the answer and the rows there may be more that is neither: start again. */
  hasGap: boolean;
}

/** Newest first, as the API sorts: by moment of receipt, then id. */
export function compare(a: HandoffOut, b: HandoffOut): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/**
 * `answer` is a first page read anew. `held` are rows a change of our own is under way for: they stay as they are.
 */
export function merge(shown: Shown, answer: Shown, held: ReadonlySet<string>): Merged {
  const fresh = new Map(answer.items.map((item) => [item.id, item]));
  const known = new Set(shown.items.map((item) => item.id));
  const lastShown = shown.items.at(-1);
  const lastAnswered = answer.items.at(-1);
  const isCovered = (item: HandoffOut): boolean =>
    answer.nextCursor === null || (lastAnswered !== undefined && compare(item, lastAnswered) <= 0);
  return {
    items: shown.items.map((item) => {
      const now = fresh.get(item.id);
      return now && !held.has(item.id) && !isSame(now, item) ? now : item;
    }),
    waiting: answer.items.filter(
      (item) =>
        !known.has(item.id) && (shown.nextCursor === null || lastShown === undefined || compare(item, lastShown) < 0),
    ),
    missing: shown.items
      .filter((item) => !fresh.has(item.id) && !held.has(item.id) && isCovered(item))
      .map((item) => item.id),
    hasGap: shown.items.length > 0 && answer.nextCursor !== null && !answer.items.some((item) => known.has(item.id)),
  };
}

function isSame(a: HandoffOut, b: HandoffOut): boolean {
  return (
    a.status === b.status &&
    a.customerName === b.customerName &&
    a.redirectedAt === b.redirectedAt &&
    a.completedAt === b.completedAt &&
    a.abandonedAt === b.abandonedAt
  );
}

/** The rows with those that waited among them. */
export function insert(items: readonly HandoffOut[], waiting: readonly HandoffOut[]): HandoffOut[] {
  const known = new Set(items.map((item) => item.id));
  return [...waiting.filter((item) => !known.has(item.id)), ...items].sort(compare);
}
