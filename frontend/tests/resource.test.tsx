import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "./browser.ts";
import { doing, draw } from "./dom.ts";
import { type Resource, useResource } from "../src/dashboard/state/resource.ts";

interface Read {
  key: string;
  signal: AbortSignal;
  give: (data: string) => void;
  fail: (error: unknown) => void;
}

let reads: Read[] = [];
let latest: Resource<string>;
let drawn: Array<[id: string, data: string | undefined]> = [];

function Reader({ id }: { id: string }) {
  latest = useResource(id, (signal) => new Promise((give, fail) => reads.push({ key: id, signal, give, fail })));
  drawn.push([id, latest.data]);
  return null;
}

const state = (): unknown[] => [latest.data, latest.error, latest.isLoading];

beforeEach(async () => {
  await draw(null);
  reads = [];
  await draw(<Reader id="a" />);
});

test("what is read is loading, then there, and stays while it is read again", async () => {
  assert.deepEqual([state(), reads.length], [[undefined, undefined, true], 1]);
  await doing(() => reads[0]?.give("one"));
  assert.deepEqual(state(), ["one", undefined, false]);
  await doing(() => latest.reload());
  assert.deepEqual([state(), reads.length], [["one", undefined, true], 2]);
  await doing(() => reads[1]?.give("two"));
  assert.deepEqual(state(), ["two", undefined, false]);
});

test("a failure takes nothing away, and is forgotten while it is tried again", async () => {
  await doing(() => reads[0]?.give("one"));
  await doing(() => latest.reload());
  await doing(() => reads[1]?.fail("away"));
  assert.deepEqual(state(), ["one", "away", false]);
  await doing(() => latest.reload());
  assert.deepEqual(state(), ["one", undefined, true]);
  await doing(() => reads[2]?.give("two"));
  assert.deepEqual(state(), ["two", undefined, false]);
});

test("of another key nothing is shown that belonged to the last one, whenever its answer comes", async () => {
  await doing(() => reads[0]?.give("one"));
  await doing(() => latest.reload());
  drawn = [];
  await draw(<Reader id="b" />);
  assert.deepEqual(drawn.filter(([, data]) => data !== undefined), []);
  assert.deepEqual([state(), reads.map((read) => read.key)], [[undefined, undefined, true], ["a", "a", "b"]]);
  assert.equal(reads[1]?.signal.aborted, true);
  await doing(() => reads[1]?.give("late"));
  assert.deepEqual(state(), [undefined, undefined, true]);
  await doing(() => reads[2]?.give("of b"));
  await doing(() => latest.replace("written to b"));
  assert.equal(latest.data, "written to b");
  await draw(<Reader id="a" />);
  await doing(() => reads[1]?.fail("late"));
  assert.deepEqual(state(), [undefined, undefined, true]);
});

test("an answer that was overtaken by the next is dropped", async () => {
  await doing(() => latest.reload());
  await doing(() => latest.reload());
  await doing(() => reads[2]?.give("newest"));
  await doing(() => reads[0]?.give("oldest"));
  await doing(() => reads[1]?.fail("late"));
  assert.deepEqual(state(), ["newest", undefined, false]);
});

test("what a write answered takes the place of what was read, and of a failure", async () => {
  await doing(() => reads[0]?.fail("away"));
  await doing(() => latest.replace("written"));
  assert.deepEqual(state(), ["written", undefined, false]);
});

test("reading ends with the page", async () => {
  await draw(null);
  assert.equal(reads[0]?.signal.aborted, true);
});
