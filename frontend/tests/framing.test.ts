import assert from "node:assert/strict";
import { test } from "node:test";
import { needsFallback, nextState, type Sign, type State } from "../src/framing.ts";

const after = (signs: Sign[], trusted = false): State =>
  signs.reduce<State>((state, sign) => nextState(state, sign, trusted), "waiting");

test("a page that speaks is alive, whatever comes later", () => {
  assert.equal(after(["message"]), "alive");
  assert.equal(after(["load", "message", "timeout"]), "alive");
  assert.equal(after(["message", "probeError"]), "alive");
  assert.equal(after(["message", "load"]), "alive");
});

test("load alone proves nothing; the probe decides", () => {
  assert.equal(after(["load"]), "loaded");
  assert.equal(after(["load", "probeLoad"]), "alive");
  assert.equal(after(["load", "probeError"]), "blocked");
  assert.equal(after(["load", "timeout"]), "loaded"); // no fallback over a page that may well be there
});

test("load is proof where our server saw that the page may be framed", () => {
  assert.equal(after(["load"], true), "alive");
});

test("silence for the whole time is silence; a late page takes it back", () => {
  assert.equal(after(["timeout"]), "silent");
  assert.equal(after(["timeout", "load"], true), "alive");
  assert.equal(after(["timeout", "load", "probeError"]), "blocked");
});

test("a place our policy forbids is blocked at once", () => {
  assert.equal(after(["violation"]), "blocked");
  assert.equal(after(["violation", "load"], true), "blocked");
});

test("the way out is offered where the frame shows nothing", () => {
  const states: State[] = ["waiting", "loaded", "alive", "blocked", "silent"];
  assert.deepEqual(states.filter(needsFallback), ["blocked", "silent"]);
});
