import assert from "node:assert/strict";
import { test } from "node:test";
import { endedBy } from "../src/dashboard/pages/team/visits.ts";
import { timeLeft } from "../src/dashboard/shell/timeLeft.ts";

test("time left is told by minutes, and by seconds only in the last one", () => {
  assert.deepEqual([1800, 1741, 1740, 61, 60, 1].map(timeLeft), [
    "Ends in 30 min",
    "Ends in 30 min",
    "Ends in 29 min",
    "Ends in 2 min",
    "Ends in 60 s",
    "Ends in 1 s",
  ]);
});

test("who ended a session is told in words", () => {
  assert.deepEqual(["time", "support", "platform", "ada@example.com", null].map(endedBy), [
    "by itself",
    "by support",
    "by the platform",
    "by ada@example.com",
    "by somebody",
  ]);
});
