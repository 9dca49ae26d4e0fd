import assert from "node:assert/strict";
import { test } from "node:test";

import type { HandoffOut, SummaryOut } from "../.generated/openapi.d.ts";
import { type Asked, asked, inPieces, json, later, serve, settle } from "./browser.ts";
import { handoff, ids } from "./records.ts";
import { apply, erase } from "../src/dashboard/handoffs/changes.ts";
import { type Filters, NO_FILTERS } from "../src/dashboard/handoffs/filters.ts";
import {
  follow,
  hold,
  loadMore,
  pipeline,
  put,
  refresh,
  release,
  show,
  showWaiting,
} from "../src/dashboard/handoffs/pipeline.ts";
import { toasts } from "../src/dashboard/state/toasts.ts";

const COUNTS: SummaryOut = { total: 9, new: 5, redirected: 2, completed_external: 1, abandoned: 1, today: 0 };
const NO_SIGNAL = new AbortController().signal;

interface Answer {
  items: HandoffOut[];
  nextCursor: string | null;
}

/** A server with one first page; `more` answers what else is asked. */
function serveList(answer: Answer, more: (call: Asked) => Response | Promise<Response> | undefined = () => undefined): void {
  serve((call) => {
    const other = more(call);
    if (other) return other;
    return call.name === "GET /handoffs/summary" ? json(COUNTS) : json(answer, 200, { ETag: '"first"' });
  });
}

/** Filters no other test has: what is kept of lists left earlier is not theirs. */
const only = (q: string, more: Partial<Filters> = {}): Filters => ({ ...NO_FILTERS, q, ...more });

const listed = (): Asked[] => asked.filter((call) => call.name === "GET /handoffs");
const page = (...minutes: number[]): Answer => ({ items: minutes.map((minute) => handoff(minute)), nextCursor: null });
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from - at);

async function showAs(filters: Filters, answer: Answer, more?: Parameters<typeof serveList>[1]): Promise<void> {
  serveList(answer, more);
  show(filters);
  await settle();
}

// ---- showing ----------------------------------------------------------------------------------------------------

test("a list is read with its filters, and its counts without the status", async () => {
  await showAs(only("shown", { status: ["new"] }), page(2, 1));
  assert.deepEqual(
    asked.map((call) => call.url.pathname + call.url.search),
    ["/api/v1/handoffs/summary?q=shown", "/api/v1/handoffs?status=new&q=shown"],
  );
  const { items, summary, isLoading, isEmptyYet } = pipeline.get();
  assert.deepEqual([ids(items), summary, isLoading, isEmptyYet], [[2, 1], COUNTS, false, false]);
  show(only("shown", { status: ["new"] }));
  assert.equal(asked.length, 2); // it stands there
});

test("an answer to older filters is dropped, whenever it comes", async () => {
  serveList(page(9), ({ url, signal }) => (url.search.includes("q=slow") ? later(signal).answer : undefined));
  show(only("slow"));
  show(only("quick"));
  await settle();
  assert.equal(asked.filter((call) => call.url.search.includes("slow")).every((call) => call.signal.aborted), true);
  const { filters, items, error, isLoading } = pipeline.get();
  assert.deepEqual([filters.q, ids(items), error, isLoading], ["quick", [9], undefined, false]);
});

test("a list left a short while ago is there at once and then brought up to date", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 2) });
  await showAs(only("first"), page(2, 1));
  await showAs(only("second"), page(7));
  serveList(page(3, 2, 1));
  show(only("first"));
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().isLoading], [[2, 1], false]);
  await settle();
  assert.deepEqual([ids(pipeline.get().items), ids(pipeline.get().waiting)], [[2, 1], [3]]);
  context.mock.timers.setTime(Date.UTC(2026, 0, 2, 0, 5, 1));
  show(only("second"));
  assert.equal(pipeline.get().isLoading, true); // left for longer: read anew
});

test("the rest of an answer to older filters is dropped too", async () => {
  const finish: Array<() => void> = [];
  serveList(page(9), ({ name, url, signal }) => {
    if (name !== "GET /handoffs" || !url.search.includes("q=thick")) return undefined;
    const reply = inPieces(signal, page(1));
    finish.push(reply.finish);
    return reply.answer;
  });
  show(only("thick"));
  await settle();
  show(only("thin"));
  await settle();
  finish.forEach((each) => each());
  await settle();
  assert.deepEqual([pipeline.get().filters.q, ids(pipeline.get().items)], ["thin", [9]]);
});

test("a list left before it was there is not kept, nor does it come later over another", async () => {
  await showAs(only("there"), page(1));
  let give: (response: Response) => void = () => undefined;
  serveList(page(1), ({ name, url, signal }) => {
    if (name !== "GET /handoffs" || !url.search.includes("never")) return undefined;
    const waiting = later(signal);
    give = waiting.give;
    return waiting.answer;
  });
  show(only("never"));
  show(only("there"));
  give(json(page(7)));
  await settle();
  assert.deepEqual(ids(pipeline.get().items), [1]);
  show(only("never"));
  assert.equal(pipeline.get().isLoading, true);
  assert.equal(listed().at(-1)?.url.search, "?q=never");
  show(only("there"));
  await settle();
});

test("the lists left last are kept, the others are read anew", async () => {
  const visit = (name: string): Promise<void> => showAs(only(name), page(1));
  for (let n = 0; n < 12; n++) await visit(`kept-${n}`);
  for (const name of ["kept-0", "one", "two"]) await visit(name);
  serveList(page(1));
  show(only("kept-0"));
  assert.equal(pipeline.get().isLoading, false);
  show(only("kept-1"));
  assert.equal(pipeline.get().isLoading, true);
  await settle();
});

test("counts stay as they were last heard until they are heard anew", async () => {
  await showAs(only("early"), page(1));
  const now = { ...COUNTS, total: 10 };
  await showAs(only("late"), page(2), ({ name }) => (name === "GET /handoffs/summary" ? json(now) : undefined));
  serveList(page(1));
  show(only("early"));
  assert.deepEqual(pipeline.get().summary, now);
  await settle();
  assert.deepEqual(pipeline.get().summary, COUNTS);
});

test("a list that cannot be read says so, and is read again when wanted", async () => {
  await showAs(only("failing"), page(), ({ name }) => (name === "GET /handoffs" ? json({}, 500) : undefined));
  assert.ok(pipeline.get().error);
  assert.equal(pipeline.get().isLoading, false);
  await showAs(only("failing"), page(1));
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().error], [[1], undefined]);
});

test("older rows follow below, asked for once at a time", async () => {
  await showAs(only("older", { status: ["abandoned"] }), { items: [handoff(9), handoff(8)], nextCursor: "c1" });
  serveList({ items: [handoff(8), handoff(7)], nextCursor: null });
  const loading = loadMore();
  await Promise.all([loading, loadMore()]);
  assert.deepEqual(asked.map((call) => call.url.search), ["?status=abandoned&q=older&cursor=c1"]);
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().isLoadingMore], [[9, 8, 7], false]);
  await loadMore();
  assert.equal(asked.length, 1); // there are no more
});

test("older rows that cannot be had leave those there are, and can be asked for again", async () => {
  await showAs(only("torn"), { items: [handoff(9)], nextCursor: "c1" });
  serveList(page(), () => json({}, 503));
  await loadMore();
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().isLoadingMore], [[9], false]);
  assert.ok(pipeline.get().moreError);
  serveList(page(8));
  await loadMore();
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().moreError], [[9, 8], undefined]);
});

test("what was asked of older filters leaves nothing behind", async () => {
  await showAs(only("stuck"), { items: [handoff(9)], nextCursor: "c1" });
  serveList(page(), () => json({}, 503));
  await loadMore();
  await showAs(only("stuck too"), { items: [handoff(9)], nextCursor: "c1" });
  assert.equal(pipeline.get().moreError, undefined);
  serveList(page(5), ({ url, signal }) => (url.search.includes("cursor") ? later(signal).answer : undefined));
  const waiting = loadMore();
  show(only("free"));
  assert.equal(pipeline.get().isLoadingMore, false);
  await waiting;
  await settle();
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().isLoadingMore], [[5], false]);
});

// ---- following --------------------------------------------------------------------------------------------------

test("a quiet list costs a conditional question and stays the very same", async () => {
  await showAs(only("quiet"), page(2, 1));
  serveList(page(), () => new Response(null, { status: 304 }));
  const before = pipeline.get();
  assert.equal(await follow(NO_SIGNAL), true);
  assert.deepEqual(asked.map((call) => call.headers.get("If-None-Match")), ['"first"']);
  assert.equal(pipeline.get(), before);
});

test("each question is about what was heard last", async () => {
  await showAs(only("etags"), page(1));
  serve(({ name }) => (name === "GET /handoffs" ? json(page(2, 1), 200, { ETag: '"second"' }) : json(COUNTS)));
  await follow(NO_SIGNAL);
  await follow(NO_SIGNAL);
  assert.deepEqual(listed().map((call) => call.headers.get("If-None-Match")), ['"first"', '"second"']);
});

test("nothing is asked of a list that is on its way, and it stands above an older answer", async () => {
  await showAs(only("afresh"), page(1));
  const gives: Array<(response: Response) => void> = [];
  serveList(page(), ({ name, signal }) => {
    if (name !== "GET /handoffs") return undefined;
    const waiting = later(signal);
    gives.push(waiting.give);
    return waiting.answer;
  });
  const following = follow(NO_SIGNAL);
  const reading = refresh();
  assert.equal(await follow(NO_SIGNAL), true);
  assert.equal(gives.length, 2);
  gives[0]?.(json(page(8, 1)));
  await following;
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().waiting], [[1], []]);
  gives[1]?.(json(page(9, 1)));
  await reading;
  assert.deepEqual(ids(pipeline.get().items), [9, 1]);
});

test("new rows wait until somebody wants them", async () => {
  await showAs(only("waits"), page(2, 1));
  serveList(page(4, 3, 2, 1));
  assert.equal(await follow(NO_SIGNAL), true);
  assert.deepEqual([ids(pipeline.get().items), ids(pipeline.get().waiting)], [[2, 1], [4, 3]]);
  assert.deepEqual(asked.map((call) => call.name), ["GET /handoffs", "GET /handoffs/summary"]);
  await showWaiting();
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().waiting], [[4, 3, 2, 1], []]);
});

test("a full page of rows is followed as the first page, those that wait counted", async () => {
  await showAs(only("full"), { items: range(200, 50).map((minute) => handoff(minute)), nextCursor: "c1" });
  const more = { items: range(201, 50).map((minute) => handoff(minute)), nextCursor: "c1" };
  serveList(more);
  await follow(NO_SIGNAL);
  await follow(NO_SIGNAL);
  assert.deepEqual(listed().map((call) => call.url.searchParams.get("limit")), [null, "200"]);
});

test("more than a page of rows is followed as far as the API gives, and its ETag is not the first page's", async () => {
  await showAs(only("long"), { items: range(200, 50).map((minute) => handoff(minute)), nextCursor: "c1" });
  serveList({ items: [handoff(150)], nextCursor: "c2" });
  await loadMore();
  serveList({ items: range(200, 51).map((minute) => handoff(minute)), nextCursor: "c2" });
  await follow(NO_SIGNAL);
  const [call] = listed();
  assert.deepEqual([call?.url.searchParams.get("limit"), call?.headers.get("If-None-Match")], ["200", null]);
});

test("so much is new that the list starts again when it is shown", async () => {
  await showAs(only("gap"), page(1));
  serveList({ items: [handoff(99), handoff(98)], nextCursor: "c1" });
  await follow(NO_SIGNAL);
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().hasGap], [[1], true]);
  await showWaiting();
  const { items, waiting, hasGap } = pipeline.get();
  assert.deepEqual([ids(items), waiting, hasGap], [[99, 98], [], false]);
});

test("a row that left the filters shows what became of it; one that is gone goes", async () => {
  await showAs(only("left", { status: ["new"] }), page(3, 2, 1));
  serveList(page(3), ({ name }) => {
    if (name === "GET /handoffs/id-0002") return json(handoff(2, { status: "redirected" }));
    return name === "GET /handoffs/id-0001" ? json({}, 404) : undefined;
  });
  await follow(NO_SIGNAL);
  assert.deepEqual(
    pipeline.get().items.map((item) => item.status),
    ["new", "redirected"],
  );
});

test("rows stay where the server cannot say what became of them", async () => {
  await showAs(only("unsaid"), page(2, 1));
  serveList(page(2), ({ name }) => (name === "GET /handoffs/id-0001" ? json({}, 500) : undefined));
  await follow(NO_SIGNAL);
  assert.deepEqual(ids(pipeline.get().items), [2, 1]);
});

test("at most ten rows are looked up at once", async () => {
  await showAs(only("many"), page(...range(40, 20)));
  serveList(page(), ({ name }) => (name.startsWith("GET /handoffs/id-") ? json({}, 404) : undefined));
  await follow(NO_SIGNAL);
  assert.equal(asked.filter((call) => call.name.startsWith("GET /handoffs/id-")).length, 10);
});

test("a question that fails says how long the server wants to be left alone", async () => {
  await showAs(only("busy"), page(1));
  serveList(page(), () => json({}, 429, { "Retry-After": "60" }));
  assert.deepEqual(await follow(NO_SIGNAL), { retryAfter: 60 });
  serve(() => Promise.reject(new TypeError("failed to fetch")));
  assert.deepEqual(await follow(NO_SIGNAL), { retryAfter: null });
  assert.deepEqual(ids(pipeline.get().items), [1]);
});

test("an answer that comes when other filters are shown changes nothing", async () => {
  await showAs(only("before"), page(1));
  let give: (response: Response) => void = () => undefined;
  serveList(page(5), ({ url, signal }) => {
    if (!url.search.includes("before")) return undefined;
    const waiting = later(signal);
    give = waiting.give;
    return waiting.answer;
  });
  const following = follow(NO_SIGNAL);
  await settle();
  show(only("after"));
  await settle();
  give(json(page(9)));
  await following;
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().waiting], [[5], []]);
});

// ---- changing ---------------------------------------------------------------------------------------------------

test("a status shown before the server said so moves the counts, and no read takes it back", async () => {
  await showAs(only("held"), page(1));
  hold("id-0001", "completed_external");
  put(handoff(1));
  serveList(page(1));
  await follow(NO_SIGNAL);
  assert.equal(pipeline.get().items[0]?.status, "completed_external");
  release("id-0001", handoff(1, { status: "completed_external", completedAt: "2026-01-01T01:00:00Z" }));
  assert.equal(pipeline.get().items[0]?.completedAt, "2026-01-01T01:00:00Z");
});

test("the counts follow a change once", async () => {
  await showAs(only("counted"), page(1));
  hold("id-0001", "completed_external");
  assert.deepEqual(pipeline.get().summary, { ...COUNTS, new: 4, completed_external: 2 });
  release("id-0001", handoff(1, { status: "completed_external" }));
  assert.deepEqual(pipeline.get().summary, { ...COUNTS, new: 4, completed_external: 2 });
});

test("of two changes under way the later one's word counts", async () => {
  await showAs(only("twice"), page(1));
  hold("id-0001", "completed_external");
  hold("id-0001", "new");
  release("id-0001", handoff(1, { status: "completed_external" }));
  assert.equal(pipeline.get().items[0]?.status, "new");
  release("id-0001", handoff(1, { status: "new" }));
  put(handoff(1, { customerName: "" }));
  assert.deepEqual([pipeline.get().items[0]?.status, pipeline.get().items[0]?.customerName], ["new", ""]);
});

test("completed shows at once, and what the server says then stands", async () => {
  await showAs(only("completes"), page(1));
  const seen: unknown[] = [];
  serveList(page(), () => json(handoff(1, { status: "completed_external", completedAt: "2026-01-01T01:00:00Z" })));
  const done = apply("complete", handoff(1), (item, isSettled) => seen.push([item.status, isSettled]));
  assert.equal(pipeline.get().items[0]?.status, "completed_external");
  await done;
  assert.deepEqual(asked.map((call) => call.name), ["POST /handoffs/id-0001/complete"]);
  assert.deepEqual(seen, [["completed_external", false], ["completed_external", true]]);
  assert.equal(pipeline.get().items[0]?.completedAt, "2026-01-01T01:00:00Z");
});

test("a change that is refused is taken back, and said", async () => {
  await showAs(only("refused"), page(1));
  serveList(page(), () => json({ detail: "Not now." }, 409));
  const seen: unknown[] = [];
  await apply("complete", handoff(1), (item, isSettled) => seen.push([item.status, isSettled]));
  assert.deepEqual(seen, [["completed_external", false], ["new", true]]);
  assert.deepEqual([pipeline.get().items[0]?.status, pipeline.get().items[0]?.completedAt], ["new", null]);
  assert.deepEqual(pipeline.get().summary, COUNTS);
  const last = toasts.get().at(-1);
  assert.deepEqual([last?.text, last?.tone, last?.undo], ["Person 1 was not changed. Not now.", "bad", undefined]);
});

test("one press takes a change back, after the change itself has reached the server", async () => {
  const item = handoff(1, { status: "redirected", redirectedAt: "2026-01-01T00:30:00Z" });
  await showAs(only("undone"), { items: [item], nextCursor: null });
  let give: (response: Response) => void = () => undefined;
  serveList(page(), ({ name, signal }) => {
    if (name.endsWith("/reopen")) return json(item);
    const waiting = later(signal);
    give = waiting.give;
    return waiting.answer;
  });
  const done = apply("complete", item);
  await settle();
  toasts.get().at(-1)?.undo?.();
  await settle();
  assert.equal(pipeline.get().items[0]?.status, "redirected"); // shown at once
  assert.deepEqual(asked.map((call) => call.name), ["POST /handoffs/id-0001/complete"]);
  give(json({ ...item, status: "completed_external" }));
  await done;
  await settle();
  assert.deepEqual(asked.map((call) => call.name.split("/").at(-1)), ["complete", "reopen"]);
  assert.equal(pipeline.get().items[0]?.status, "redirected");
});

test("a change that cannot be taken back stays", async () => {
  await showAs(only("stays"), page(1));
  const done = handoff(1, { status: "completed_external", completedAt: "2026-01-01T01:00:00Z" });
  serveList(page(), ({ name }) => (name.endsWith("/reopen") ? json({}, 409) : json(done)));
  const seen: unknown[] = [];
  await apply("complete", handoff(1), (item) => seen.push([item.status, item.completedAt !== null]));
  toasts.get().at(-1)?.undo?.();
  await settle();
  const [completed, reopened] = [["completed_external", true], ["new", false]];
  assert.deepEqual(seen, [completed, completed, reopened, completed]);
  assert.equal(pipeline.get().items[0]?.status, "completed_external");
});

test("a change after one that failed is sent all the same", async () => {
  await showAs(only("again"), page(1));
  serveList(page(), () => json({}, 500));
  await apply("complete", handoff(1));
  serveList(page(), () => json(handoff(1, { status: "completed_external" })));
  await apply("complete", handoff(1));
  assert.equal(pipeline.get().items[0]?.status, "completed_external");
});

test("erased is shown when it is done, in lists left a while ago too", async () => {
  await showAs(only("erased"), page(1));
  await showAs(only("elsewhere"), page(1));
  const gone = handoff(1, { customerName: "" });
  serveList(page(), ({ name }) => (name === "DELETE /handoffs/id-0001" ? new Response(null, { status: 204 }) : json(gone)));
  await erase(handoff(1));
  assert.deepEqual(asked.map((call) => call.name), ["DELETE /handoffs/id-0001", "GET /handoffs/id-0001"]);
  assert.equal(pipeline.get().items[0]?.customerName, "");
  serveList(page(), ({ signal }) => later(signal).answer);
  show(only("erased"));
  assert.equal(pipeline.get().items[0]?.customerName, "");
});

test("an erasure that is refused shows nothing and is told to who asked", async () => {
  await showAs(only("kept"), page(1));
  serveList(page(), () => json({ detail: "Owners only." }, 403));
  await assert.rejects(erase(handoff(1)), { message: "Owners only." });
  assert.deepEqual(asked.map((call) => call.name), ["DELETE /handoffs/id-0001"]);
  assert.equal(pipeline.get().items[0]?.customerName, "Person 1");
});

test("read anew, nothing waits any more", async () => {
  await showAs(only("anew"), page(1));
  serveList(page(2, 1));
  await follow(NO_SIGNAL);
  assert.deepEqual(ids(pipeline.get().waiting), [2]);
  await refresh();
  assert.deepEqual([ids(pipeline.get().items), pipeline.get().waiting], [[2, 1], []]);
});
