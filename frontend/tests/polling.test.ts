import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { fire, look, settle } from "./browser.ts";
import { INTERVAL, type Outcome, poll } from "../src/dashboard/handoffs/polling.ts";

let signals: AbortSignal[] = [];
let outcome: Outcome = true;
const ask = (signal: AbortSignal): Promise<Outcome> => {
  signals.push(signal);
  return Promise.resolve(outcome);
};

async function pass(milliseconds: number): Promise<void> {
  mock.timers.tick(milliseconds);
  await settle();
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  signals = [];
  outcome = true;
});

test("it asks every five seconds until it is stopped", async () => {
  const stop = poll(ask);
  await pass(INTERVAL - 1);
  assert.equal(signals.length, 0);
  await pass(1);
  await pass(INTERVAL);
  assert.equal(signals.length, 2);
  stop();
  await pass(10 * INTERVAL);
  fire("focus");
  await pass(1);
  assert.equal(signals.length, 2);
});

test("failures make it wait, and the first answer takes that back", async () => {
  const stop = poll(ask);
  outcome = { retryAfter: 60 };
  await pass(INTERVAL);
  await pass(59_999);
  assert.equal(signals.length, 1);
  outcome = true;
  await pass(1);
  await pass(INTERVAL);
  assert.equal(signals.length, 3);
  stop();
});

test("each failure in a row makes it wait longer", async () => {
  const stop = poll(ask);
  outcome = { retryAfter: null };
  await pass(INTERVAL);
  await pass(1.5 * INTERVAL - 1); // twice as long, a quarter less or more
  assert.equal(signals.length, 1);
  await pass(INTERVAL + 1);
  assert.equal(signals.length, 2);
  await pass(3 * INTERVAL - 1);
  assert.equal(signals.length, 2);
  stop();
});

test("who came back and saw what is new sees it again only after the usual time", async () => {
  const stop = poll(ask);
  await pass(INTERVAL - 1_000);
  fire("focus");
  await pass(0);
  await pass(INTERVAL - 1);
  assert.equal(signals.length, 1);
  stop();
});

test("nobody looks, nobody asks; who looks again sees what is new at once", async () => {
  const stop = poll(ask);
  look(true);
  await pass(10 * INTERVAL);
  assert.equal(signals.length, 0);
  look(false);
  await pass(0);
  assert.equal(signals.length, 1);
  for (const event of ["focus", "online"]) {
    fire(event);
    await pass(0);
  }
  assert.equal(signals.length, 3);
  stop();
});

test("one question at a time, and the one under way ends with the asking", async () => {
  let answer: (outcome: Outcome) => void = () => undefined;
  const stop = poll((signal) => {
    signals.push(signal);
    return new Promise((resolve) => (answer = resolve));
  });
  await pass(INTERVAL);
  fire("focus");
  await pass(0);
  assert.equal(signals.length, 1);
  answer(true);
  await settle();
  await pass(INTERVAL);
  assert.equal(signals.length, 2);
  stop();
  assert.deepEqual(signals.map((signal) => signal.aborted), [false, true]);
  answer(true);
  await settle();
  await pass(10 * INTERVAL);
  assert.equal(signals.length, 2);
});

test("an answer that comes when nobody looks is the last for now", async () => {
  let answer: (outcome: Outcome) => void = () => undefined;
  const stop = poll((signal) => {
    signals.push(signal);
    return new Promise((resolve) => (answer = resolve));
  });
  await pass(INTERVAL);
  look(true);
  answer(true);
  await settle();
  await pass(10 * INTERVAL);
  assert.equal(signals.length, 1);
  look(false);
  stop();
});
