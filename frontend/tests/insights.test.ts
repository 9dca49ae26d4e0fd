import assert from "node:assert/strict";
import { test } from "node:test";
import { bucket, duration, Formats, share, weekday } from "../src/dashboard/pages/insights/figures.ts";
import { panelPath } from "../src/dashboard/pages/insights/panels.ts";
import {
  addDays,
  countDays,
  findRangeProblems,
  readRange,
  resolvePreset,
  todayIn,
  writeRange,
} from "../src/dashboard/pages/insights/range.ts";

const TODAY = "2026-03-15";
const formats = new Formats("en-US");
process.env["TZ"] = "America/New_York"; // days are the calendar's, whatever the zone of the machine

test("today is the day of the business's zone", () => {
  const moment = new Date("2026-11-25T03:30:00Z");
  assert.equal(todayIn("America/New_York", moment), "2026-11-24");
  assert.equal(todayIn("Asia/Tokyo", moment), "2026-11-25");
});

test("presets end today and count both ends", () => {
  assert.deepEqual(resolvePreset("7", TODAY), { preset: "7", from: "2026-03-09", to: TODAY });
  assert.deepEqual(resolvePreset("month", TODAY), { preset: "month", from: "2026-03-01", to: TODAY });
  assert.equal(countDays("2026-03-09", TODAY), 7); // the clocks change on the 8th: days, not hours
  assert.equal(addDays("2026-03-01", -1), "2026-02-28");
});

test("a range goes into the address and comes back", () => {
  for (const query of ["", "range=7", "range=month", "from=2026-01-01&to=2026-01-31"]) {
    assert.equal(writeRange(readRange(new URLSearchParams(query), TODAY)), query);
  }
});

test("an address that asks for no real range gets the usual one", () => {
  for (const query of [
    "range=8",
    "range=custom",
    "from=2026-02-30&to=2026-03-01",
    "from=2026-03-02&to=2026-03-01",
    "from=2026-03-01",
  ]) {
    assert.deepEqual(readRange(new URLSearchParams(query), TODAY), resolvePreset("30", TODAY), query);
  }
});

test("chosen days are checked, and the field is named", () => {
  assert.deepEqual(findRangeProblems("2026-01-01", "2026-01-01"), {});
  assert.deepEqual(Object.keys(findRangeProblems("", "")), ["from", "to"]);
  assert.deepEqual(Object.keys(findRangeProblems("2026-01-02", "2026-01-01")), ["to"]);
  assert.deepEqual(findRangeProblems("2021-01-01", "2026-01-01"), {});
  assert.deepEqual(Object.keys(findRangeProblems("2021-01-01", "2026-01-02")), ["from"]);
});

test("shares of nothing are no number", () => {
  assert.equal(share(1, 4), 0.25);
  assert.equal(share(0, 0), null);
  assert.equal(formats.percent(null), "–");
  assert.equal(formats.percent(0.123), "12.3%");
});

test("a change says its direction and how much; none against nothing", () => {
  assert.deepEqual(formats.change(150, 100), { direction: "up", text: "50%" });
  assert.deepEqual(formats.change(75, 100), { direction: "down", text: "25%" });
  assert.deepEqual(formats.change(100, 100), { direction: "same", text: "0%" });
  assert.equal(formats.change(5, 0), null);
  assert.deepEqual(formats.changeOfShare(0.5, 0.425), { direction: "up", text: "7.5 points" });
  assert.deepEqual(formats.changeOfShare(0.5, 0.49996), { direction: "same", text: "0 points" });
  assert.equal(formats.changeOfShare(0.5, null), null);
});

test("numbers and days are written as in the region", () => {
  assert.equal(formats.count(12_345), "12,345");
  assert.equal(new Formats("en-IN").count(1_234_567), "12,34,567");
  assert.equal(formats.day("2026-11-25"), "Wed, Nov 25, 2026");
  assert.equal(new Formats("en-GB").day("2026-11-25"), "Wed, 25 Nov 2026");
  assert.equal(formats.interval("2026-11-01", "month"), "November 2026");
  assert.equal(formats.interval("2026-11-23", "week"), "Week of Nov 23, 2026");
  assert.deepEqual(
    [formats.tick("2026-11-23", "day"), formats.tick("2026-11-01", "month")],
    ["Nov 23", "Nov 26"],
  );
  assert.match(formats.days("2026-11-01", "2026-11-30"), /^Nov 1\s–\s30, 2026$/);
  assert.match(formats.hour(17), /^5\sPM$/);
  assert.equal(weekday(7), "Sunday");
});

test("durations show their two largest units", () => {
  const read = [0, 0.4, 59, 60, 200, 3_600, 7_500, 86_400, 270_000].map(duration);
  assert.deepEqual(read, ["0 s", "0 s", "59 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "1 d", "3 d 3 h"]);
  assert.equal(duration(59.6), "1 min");
  assert.equal(duration(null), "–");
  assert.deepEqual([bucket(null, 10), bucket(10, 60), bucket(3_600, null)], ["up to 10 s", "10 s – 1 min", "over 1 h"]);
});

test("a panel's file asks what the panel asked", () => {
  const range = { from: "2026-01-01", to: "2026-01-31" };
  assert.equal(panelPath("funnel", range), "/insights/funnel?from=2026-01-01&to=2026-01-31");
  assert.equal(
    panelPath("breakdown", range, "service", true),
    "/insights/breakdown.csv?by=service&from=2026-01-01&to=2026-01-31",
  );
});
