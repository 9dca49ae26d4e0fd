/**
 * The list of handoffs as it is shown: it outlives the page, so that coming back to it is instant and where one was.
 * Rows never move by themselves. What arrives waits until somebody asks for it.
 */
import type { HandoffOut, HandoffStatus, SummaryOut } from "../../../.generated/openapi";
import { ask, call } from "../api/client.ts";
import { ApiError, isAbort } from "../api/problem.ts";
import { createStore } from "../state/store.ts";
import { type Filters, NO_FILTERS, toParameters } from "./filters.ts";
import { insert, merge } from "./merge.ts";
import type { Outcome } from "./polling.ts";

const PAGE_SIZE = 50;
/** The most the API gives at once; rows below these are not followed. */
const MOST = 200;
/** How many rows that left the filters are looked up one by one. */
const LOOK_UPS = 10;

export interface Pipeline {
  filters: Filters;
  items: readonly HandoffOut[];
  nextCursor: string | null;
  /** `items` belong to other filters, and the right ones are on their way. */
  isLoading: boolean;
  isEmptyYet: boolean;
  error: unknown;
  isLoadingMore: boolean;
  moreError: unknown;
  waiting: readonly HandoffOut[];
  hasGap: boolean;
  summary: SummaryOut | undefined;
}

const NOTHING: Pipeline = {
  filters: NO_FILTERS,
  items: [],
  nextCursor: null,
  isLoading: true,
  isEmptyYet: true,
  error: undefined,
  isLoadingMore: false,
  moreError: undefined,
  waiting: [],
  hasGap: false,
  summary: undefined,
};

export const pipeline = createStore<Pipeline>(NOTHING);

const held = new Map<string, number>();
let loading: AbortController | undefined;
let etag: { of: string; value: string | undefined } | undefined;

function change(more: Partial<Pipeline>): void {
  pipeline.set({ ...pipeline.get(), ...more });
}

function keyOf(filters: Filters): string {
  return String(toParameters(filters));
}

function firstPage(filters: Filters, limit: number): URLSearchParams {
  const query = toParameters(filters);
  if (limit !== PAGE_SIZE) query.set("limit", String(limit));
  return query;
}

/** Lists left a short while ago, by their filters: going back to one is instant, and it is then brought up to date. */
const left = new Map<string, { list: Pipeline; at: number }>();
const KEPT = 12;
const KEPT_FOR = 5 * 60_000;

/** Show these filters: as they were left, else read anew. Older reads end. */
export function show(filters: Filters): void {
  const now = pipeline.get();
  const isWhole = !now.isEmptyYet && !now.isLoading && now.error === undefined;
  if (isWhole && keyOf(now.filters) === keyOf(filters)) return;
  if (isWhole) {
    left.delete(keyOf(now.filters));
    left.set(keyOf(now.filters), { list: now, at: Date.now() });
    if (left.size > KEPT) left.delete(left.keys().next().value ?? "");
  }
  const again = left.get(keyOf(filters));
  if (!again || Date.now() - again.at > KEPT_FOR) {
    void read(filters);
    return;
  }
  loading?.abort();
  loading = new AbortController();
  pipeline.set({ ...again.list, summary: now.summary, isLoadingMore: false });
  void readSummary(loading.signal);
  void follow(loading.signal);
}

/** Read the first page anew and show it, newest first. */
export async function refresh(): Promise<void> {
  await read(pipeline.get().filters);
}

async function read(filters: Filters): Promise<void> {
  loading?.abort();
  const controller = new AbortController();
  loading = controller;
  change({ filters, isLoading: true, error: undefined, moreError: undefined, isLoadingMore: false });
  const query = firstPage(filters, PAGE_SIZE);
  void readSummary(controller.signal);
  try {
    const reply = await ask("GET /handoffs", { query, signal: controller.signal });
    etag = { of: String(query), value: reply.etag };
    change({ ...reply.body, isLoading: false, isEmptyYet: false, waiting: [], hasGap: false });
  } catch (error) {
    if (!isAbort(error)) change({ isLoading: false, error });
  }
}

/** Counts for the tabs: over all filters but the status, which the tabs are for. */
async function readSummary(signal: AbortSignal): Promise<void> {
  const query = toParameters({ ...pipeline.get().filters, status: [] });
  try {
    change({ summary: await call("GET /handoffs/summary", { query, signal }) });
  } catch {
    // The numbers beside the words are missing, or old; the list says what went wrong.
  }
}

export async function loadMore(): Promise<void> {
  const { filters, nextCursor, isLoadingMore } = pipeline.get();
  if (nextCursor === null || isLoadingMore || !loading) return;
  const { signal } = loading;
  change({ isLoadingMore: true, moreError: undefined });
  const query = toParameters(filters);
  query.set("cursor", nextCursor);
  try {
    const page = await call("GET /handoffs", { query, signal });
    const { items } = pipeline.get();
    change({ items: insert(items, page.items), nextCursor: page.nextCursor, isLoadingMore: false });
  } catch (error) {
    if (!isAbort(error)) change({ isLoadingMore: false, moreError: error });
  }
}

/** One question of the polling: what is new among what is shown? */
export async function follow(signal: AbortSignal): Promise<Outcome> {
  const before = pipeline.get();
  if (before.isLoading || before.isEmptyYet) return true;
  const size = before.items.length + before.waiting.length;
  const query = firstPage(before.filters, size <= PAGE_SIZE ? PAGE_SIZE : MOST);
  try {
    const ifNoneMatch = etag?.of === String(query) ? etag.value : undefined;
    const reply = await ask("GET /handoffs", { query, signal, ifNoneMatch });
    const now = pipeline.get();
    if (!reply.isNew || now.isLoading || keyOf(now.filters) !== keyOf(before.filters)) return true;
    etag = { of: String(query), value: reply.etag };
    const { missing, ...merged } = merge(now, reply.body, new Set(held.keys()));
    change(merged);
    void readSummary(signal);
    await Promise.all(missing.slice(0, LOOK_UPS).map((id) => lookUp(id, signal)));
    return true;
  } catch (error) {
    return { retryAfter: error instanceof ApiError ? error.retryAfter : null };
  }
}

async function lookUp(id: string, signal: AbortSignal): Promise<void> {
  try {
    put(await call("GET /handoffs/{handoff_id}", { path: { handoff_id: id }, signal }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      change({ items: pipeline.get().items.filter((item) => item.id !== id) });
    }
  }
}

/** Show what waited. */
export async function showWaiting(): Promise<void> {
  const { hasGap, items, waiting } = pipeline.get();
  if (hasGap) await refresh();
  else change({ items: insert(items, waiting), waiting: [] });
}

export function find(id: string): HandoffOut | undefined {
  return pipeline.get().items.find((item) => item.id === id);
}

/** Put a handoff as the server has it in its place, where it is shown. */
export function put(item: HandoffOut): void {
  if (held.has(item.id) || !find(item.id)) return;
  replace(item);
}

function replace(item: HandoffOut): void {
  const inPlace = (items: readonly HandoffOut[]): readonly HandoffOut[] =>
    items.map((each) => (each.id === item.id ? { ...each, ...item } : each));
  change({ items: inPlace(pipeline.get().items) });
  for (const kept of left.values()) kept.list = { ...kept.list, items: inPlace(kept.list.items) };
}

/** Show a status before the server has said so; nothing but `release` puts another in its place. */
export function hold(id: string, status: HandoffStatus): void {
  held.set(id, (held.get(id) ?? 0) + 1);
  move(id, status);
}

export function release(id: string, item: HandoffOut | undefined): void {
  const left = (held.get(id) ?? 1) - 1;
  if (left > 0) {
    held.set(id, left); // a later change of ours is under way: its word counts
    return;
  }
  held.delete(id);
  if (!item) return;
  move(id, item.status);
  put(item);
}

function move(id: string, status: HandoffStatus): void {
  const item = find(id);
  if (!item || item.status === status) return;
  const { summary } = pipeline.get();
  if (summary) {
    change({ summary: { ...summary, [item.status]: summary[item.status] - 1, [status]: summary[status] + 1 } });
  }
  replace({ ...item, status });
}
