import assert from "node:assert/strict";
import { test } from "node:test";

import { handoff, ids } from "./records.ts";
import {
  NO_FILTERS,
  countMore,
  parseFilters,
  shiftDay,
  toHref,
  toParameters,
} from "../src/dashboard/handoffs/filters.ts";
import { compare, insert, merge } from "../src/dashboard/handoffs/merge.ts";
import { INTERVAL, nextDelay } from "../src/dashboard/handoffs/polling.ts";
import { INVERSE, statusAfter } from "../src/dashboard/handoffs/status.ts";
import {
  attributionOf,
  formatPhone,
  industryName,
  linkOf,
  mailTo,
  nameOf,
  plural,
  sourceOf,
} from "../src/dashboard/handoffs/words.ts";

const NOBODY: ReadonlySet<string> = new Set();

// ---- filters ----------------------------------------------------------------------------------------------------

test("filters survive the way through an address", () => {
  const filters = {
    ...NO_FILTERS,
    status: ["redirected", "new"] as const,
    q: "ana & bo",
    service: "Cut + colour",
    source: "instagram",
    industry: "salon",
    from: "2026-01-02",
    to: "2026-01-03",
  };
  const href = toHref(filters);
  assert.equal(
    href,
    "/dashboard?status=new&status=redirected&q=ana+%26+bo&service=Cut+%2B+colour&source=instagram&industry=salon&from=2026-01-02&to=2026-01-03",
  );
  assert.deepEqual(parseFilters(new URL(href, "http://x").searchParams), { ...filters, status: ["new", "redirected"] });
});

test("no filters have a bare address", () => {
  assert.equal(toHref(NO_FILTERS), "/dashboard");
  assert.deepEqual(parseFilters(new URLSearchParams()), NO_FILTERS);
});

test("what the API would refuse is left out of a mistyped address", () => {
  const given = new URLSearchParams("status=abandoned&status=bogus&status=new&status=new&to=2026-13-01");
  assert.deepEqual(parseFilters(given), { ...NO_FILTERS, status: ["new", "abandoned"] });
  const search = new URLSearchParams("status=bogus&status=new&from=2026-02-30&to=1999-01-01&q=%20%20&limit=0&cursor=x");
  assert.equal(String(toParameters(parseFilters(search))), "status=new");
  const reversed = parseFilters(new URLSearchParams("from=2026-03-02&to=2026-03-01"));
  assert.deepEqual([reversed.from, reversed.to], ["2026-03-02", "2026-03-02"]);
  const open = parseFilters(new URLSearchParams("from=2026-03-02"));
  assert.deepEqual([open.from, open.to], ["2026-03-02", ""]);
  const long = parseFilters(new URLSearchParams(`q=${"x".repeat(300)}&service=${"x".repeat(600)}`));
  assert.deepEqual([long.q.length, long.service.length], [200, 500]);
});

test("days of one range count as one filter", () => {
  assert.equal(countMore({ ...NO_FILTERS, status: ["new"], q: "x" }), 0);
  assert.equal(countMore({ ...NO_FILTERS, service: "x", from: "2026-01-01", to: "2026-01-02" }), 2);
  assert.equal(countMore({ ...NO_FILTERS, to: "2026-01-02" }), 1);
});

test("days are counted across months, leap days and clock changes", () => {
  process.env["TZ"] = "America/New_York"; // whatever the zone of the machine
  assert.equal(shiftDay("2028-03-01", -1), "2028-02-29");
  assert.equal(shiftDay("2026-03-09", -1), "2026-03-08");
  assert.equal(shiftDay("2026-03-08", 1), "2026-03-09");
  assert.equal(shiftDay("2026-12-31", 1), "2027-01-01");
});

// ---- merging ----------------------------------------------------------------------------------------------------

test("new rows wait, and shown ones stay where they are", () => {
  const shown = { items: [handoff(3), handoff(2)], nextCursor: "older" };
  const merged = merge(shown, { items: [handoff(5), handoff(4), handoff(3), handoff(2)], nextCursor: "older" }, NOBODY);
  assert.deepEqual(ids(merged.items), [3, 2]);
  assert.deepEqual(ids(merged.waiting), [5, 4]);
  assert.deepEqual([merged.missing, merged.hasGap], [[], false]);
  assert.equal(merged.items[0], shown.items[0]); // the very object: an unchanged row is not drawn again
});

test("a change made elsewhere shows in its row", () => {
  const shown = { items: [handoff(3), handoff(2)], nextCursor: null };
  const changed = handoff(2, { status: "redirected", redirectedAt: "2026-01-01T01:00:00Z" });
  const merged = merge(shown, { items: [handoff(3), changed], nextCursor: null }, NOBODY);
  assert.equal(merged.items[1]?.status, "redirected");
  const moment = "2026-01-01T01:00:00Z";
  const changes = [{ customerName: "" }, { status: "abandoned" }, { redirectedAt: moment }, { completedAt: moment }] as const;
  for (const change of [...changes, { abandonedAt: moment }]) {
    const now = handoff(2, change);
    assert.equal(merge(shown, { items: [handoff(3), now], nextCursor: null }, NOBODY).items[1], now);
  }
});

test("a row under way keeps what the member sees", () => {
  const shown = { items: [handoff(2, { status: "completed_external" })], nextCursor: null };
  const merged = merge(shown, { items: [handoff(2)], nextCursor: null }, new Set(["id-0002"]));
  assert.equal(merged.items[0]?.status, "completed_external");
  assert.deepEqual(merge(shown, { items: [], nextCursor: null }, new Set(["id-0002"])).missing, []);
});

test("a shown row that left the filters is missing; one beyond the answer is not", () => {
  const shown = { items: [handoff(5), handoff(4), handoff(3), handoff(1)], nextCursor: "older" };
  const answer = { items: [handoff(5), handoff(3), handoff(2)], nextCursor: "more" };
  const merged = merge(shown, answer, NOBODY);
  assert.deepEqual(merged.missing, ["id-0004"]);
  assert.deepEqual(ids(merged.waiting), [2]); // it came into the filters, between two rows
});

test("rows below the last one shown are the next page's", () => {
  const shown = { items: [handoff(5)], nextCursor: "older" };
  assert.deepEqual(ids(merge(shown, { items: [handoff(5), handoff(4)], nextCursor: null }, NOBODY).waiting), []);
  const whole = { items: [handoff(5)], nextCursor: null };
  assert.deepEqual(ids(merge(whole, { items: [handoff(5), handoff(4)], nextCursor: null }, NOBODY).waiting), [4]);
});

test("so many new rows that none is known is a gap", () => {
  const shown = { items: [handoff(1)], nextCursor: null };
  assert.equal(merge(shown, { items: [handoff(9), handoff(8)], nextCursor: "more" }, NOBODY).hasGap, true);
  assert.equal(merge(shown, { items: [handoff(9), handoff(8)], nextCursor: null }, NOBODY).hasGap, false);
  assert.equal(merge({ items: [], nextCursor: null }, { items: [handoff(9)], nextCursor: "more" }, NOBODY).hasGap, false);
});

test("rows go in by time, each once, ties by id as the API sorts", () => {
  assert.deepEqual(ids(insert([handoff(5), handoff(1)], [handoff(9), handoff(5), handoff(3)])), [9, 5, 3, 1]);
  const [a, b] = [handoff(1, { id: "id-a" }), handoff(1, { id: "id-b" })];
  assert.deepEqual([a, b].sort(compare), [b, a]);
});

// ---- polling ----------------------------------------------------------------------------------------------------

test("failures make it ask less often, up to two minutes and a bit", () => {
  assert.equal(nextDelay(0, null, 0.9), INTERVAL);
  assert.equal(nextDelay(1, null, 0.5), 2 * INTERVAL);
  assert.equal(nextDelay(3, null, 0.5), 8 * INTERVAL);
  assert.equal(nextDelay(30, null, 1), 150_000);
  assert.equal(nextDelay(30, null, 0), 90_000);
});

test("the server's own word on when counts", () => {
  assert.equal(nextDelay(1, 60, 0.5), 60_000);
  assert.equal(nextDelay(1, 1, 0.5), 2 * INTERVAL);
});

// ---- words ------------------------------------------------------------------------------------------------------

test("a change leads where the API's rules lead, and its inverse back", () => {
  assert.equal(statusAfter("complete", { redirectedAt: null }), "completed_external");
  assert.equal(statusAfter("reopen", { redirectedAt: null }), "new");
  assert.equal(statusAfter("reopen", { redirectedAt: "2026-01-01T00:00:00Z" }), "redirected");
  assert.equal(INVERSE[INVERSE.complete], "complete");
});

test("numbers are grouped as people read them, whatever the country", () => {
  assert.equal(formatPhone("+17725550125"), "(772) 555-0125");
  assert.equal(formatPhone("+34911234567"), "+34 911 234567");
  assert.equal(formatPhone("+177255501259"), "+17 725 5501259");
  assert.equal(formatPhone("odd"), "odd");
});

test("a mail goes to the address alone, whatever stands in it", () => {
  assert.equal(mailTo("ana+cut@example.com"), "mailto:ana%2Bcut@example.com");
  assert.equal(mailTo("a?bcc=b&body=c@example.com"), "mailto:a%3Fbcc%3Db%26body%3Dc@example.com");
});

test("the link is the one with the reference, else our own page", () => {
  assert.equal(
    linkOf({ id: "1", externalBookingUrlUsed: "https://a.example/?tca_ref=1" }, "http://x"),
    "https://a.example/?tca_ref=1",
  );
  assert.equal(linkOf({ id: "1", externalBookingUrlUsed: null }, "http://x"), "http://x/handoff/1");
});

test("the source is the campaign's, else the page; odd metadata is no harm", () => {
  assert.equal(sourceOf({ sourcePage: "/book", metadata: { attribution: { utm_source: "instagram" } } }), "instagram");
  assert.equal(sourceOf({ sourcePage: "/book", metadata: { attribution: null } }), "/book");
  assert.equal(sourceOf({ sourcePage: null, metadata: {} }), "");
  assert.deepEqual(attributionOf({ metadata: { attribution: { a: 1, b: "", c: "x" } } }), [["c", "x"]]);
});

test("who was erased has no name", () => {
  assert.equal(nameOf({ customerName: "" }), "Erased");
  assert.equal(plural(0, "handoff", "handoffs"), "0 handoffs");
  assert.equal(plural(1, "handoff", "handoffs"), "1 handoff");
  assert.equal(plural(2000, "handoff", "handoffs"), "2,000 handoffs");
  assert.equal(industryName("med-spa"), "Med spa");
  assert.equal(industryName("bed-and-breakfast"), "Bed and breakfast");
});
