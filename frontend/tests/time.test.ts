import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { todayIn } from "../src/dashboard/pages/insights/range.ts";
import { dayOf, exact, relative, short } from "../src/dashboard/ui/time.ts";

const CLOCK = { timeZone: "America/New_York", locale: "en-US" };
const NOW = new Date("2026-03-10T16:00:00Z"); // noon in New York

/** Intl puts a narrow space before AM and PM in some versions. */
const plain = (text: string): string => text.replace(/[\u202f\u00a0]/g, " ");
const ago = (at: string): string => plain(relative(new Date(at), CLOCK, NOW));

test("near moments are told by how long ago", () => {
  assert.equal(ago("2026-03-10T15:59:30Z"), "just now");
  assert.equal(ago("2026-03-10T16:00:30Z"), "just now"); // a clock that is ahead of ours
  assert.equal(ago("2026-03-10T15:59:00Z"), "1 min ago");
  assert.equal(ago("2026-03-10T15:54:10Z"), "5 min ago");
  assert.equal(ago("2026-03-10T15:00:00Z"), "1 h ago");
  assert.equal(ago("2026-03-10T12:10:00Z"), "3 h ago");
  assert.equal(ago("2026-03-10T13:00:00Z"), "3 h ago");
});

test("days are the business's own, also where the world's day is another", () => {
  assert.equal(ago("2026-03-10T03:30:00Z"), "yesterday, 11:30 PM");
  assert.equal(ago("2026-03-09T16:30:00Z"), "yesterday, 12:30 PM");
  assert.equal(dayOf(new Date("2026-03-10T03:30:00Z"), CLOCK), "2026-03-09");
  const evening = new Date("2026-03-11T03:00:00Z"); // 11 PM
  assert.equal(plain(relative(new Date("2026-03-10T14:30:00Z"), CLOCK, evening)), "today, 10:30 AM");
});

test("older ones are a date, with the year where it is another", () => {
  assert.equal(ago("2026-03-01T17:30:00Z"), "Mar 1, 12:30 PM");
  assert.equal(ago("2025-12-31T17:30:00Z"), "Dec 31, 2025, 12:30 PM");
  assert.equal(ago("2026-01-01T03:00:00Z"), "Dec 31, 2025, 10:00 PM");
  assert.equal(plain(short(NOW, CLOCK, NOW)), "Mar 10, 12:00 PM");
});

test("the exact one names day, second and zone", () => {
  assert.equal(plain(exact(NOW, CLOCK)), "Tuesday, March 10, 2026 at 12:00:00 PM EDT");
  assert.match(plain(exact(NOW, { timeZone: "UTC", locale: "en-US" })), /at 4:00:00 PM UTC$/);
});

test("a day is the same in a browser that writes dates in another order", () => {
  const odd = mock.getter(Intl.DateTimeFormat.prototype, "format", () => () => "11/27/2026");
  assert.equal(dayOf(new Date("2026-11-28T02:30:00Z"), CLOCK), "2026-11-27");
  assert.equal(todayIn("Europe/Madrid", new Date("2026-11-28T02:30:00Z")), "2026-11-28");
  odd.mock.restore();
});
