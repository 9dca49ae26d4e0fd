import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTHING_SAID, changedSlots, hear, readTalk, say, toBody } from "../src/dialogue.ts";

const ANSWER = {
  reply: "What is your name?",
  slots: { requestedService: "Haircut", notes: null },
  asking: "customerName",
  suggestions: ["Today", 1],
  done: false,
};

test("the first call says that nothing is known yet", () => {
  const body = JSON.parse(toBody(say(NOTHING_SAID, "hi"))) as unknown;
  assert.deepEqual(body, { message: "hi", slots: {}, asking: null });
});

test("an answer becomes the state of the next call", () => {
  const talk = hear(say(NOTHING_SAID, "a haircut"), ANSWER, "en");
  assert.ok(talk);
  assert.deepEqual(talk.lines, [
    { from: "visitor", text: "a haircut" },
    { from: "assistant", text: "What is your name?", lang: "en" },
  ]);
  assert.equal(talk.pending, null);
  assert.deepEqual(talk.suggestions, ["Today"]);
  assert.deepEqual(JSON.parse(toBody(say(talk, "Bob"))), {
    message: "Bob",
    slots: { requestedService: "Haircut" },
    asking: "customerName",
  });
});

test("what is no answer changes nothing", () => {
  for (const body of [null, "text", {}, { reply: 1, slots: {} }, { reply: "x", slots: [] }, { title: "Too many" }]) {
    assert.equal(hear(NOTHING_SAID, body, null), null);
  }
});

test("a message waits until it is answered", () => {
  const talk = say(NOTHING_SAID, "hi");
  assert.equal(readTalk(JSON.stringify(talk)).pending, "hi");
  assert.equal(hear(talk, ANSWER, null)?.pending, null);
});

test("suggestions are for the next message alone", () => {
  const talk = hear(NOTHING_SAID, ANSWER, null);
  assert.ok(talk);
  assert.deepEqual(say(talk, "Bob").suggestions, []);
});

test("an answer without a slot or a question takes the old one back", () => {
  const talk = hear(NOTHING_SAID, ANSWER, null);
  assert.ok(talk);
  const next = hear(talk, { reply: "Anew, then.", slots: {}, asking: null }, null);
  assert.deepEqual([next?.slots, next?.asking, next?.suggestions], [{}, null, []]);
});

test("only the assistant's plain yes is the end", () => {
  const done = [true, false, "yes", undefined].map((value) => hear(NOTHING_SAID, { ...ANSWER, done: value }, null)?.done);
  assert.deepEqual(done, [true, false, false, false]);
});

test("only slots that changed are shown in the form, an emptied one too", () => {
  const before = { ...NOTHING_SAID, slots: { customerName: "Ana", notes: "x", requestedService: "Haircut" } };
  const after = { ...NOTHING_SAID, slots: { customerName: "Ana", requestedService: "Colour" } };
  assert.deepEqual(new Map(changedSlots(before, after)), new Map([["notes", ""], ["requestedService", "Colour"]]));
  assert.deepEqual(changedSlots(after, after), []);
  assert.deepEqual(changedSlots(NOTHING_SAID, after), [["customerName", "Ana"], ["requestedService", "Colour"]]);
});

test("an unreadable store is an empty talk", () => {
  for (const stored of [null, "", "{", "[]", "1", '{"lines":1,"slots":{}}', '{"lines":[]}', '{"lines":[],"slots":[]}']) {
    assert.deepEqual(readTalk(stored), NOTHING_SAID);
  }
  assert.deepEqual(readTalk('{"lines":[],"slots":{}}'), NOTHING_SAID); // as an older page of ours may have stored it
});

test("the oldest lines of a long talk are left", () => {
  let talk = NOTHING_SAID;
  for (let n = 0; n < 100; n++) talk = say(talk, String(n));
  assert.equal(talk.lines.length, 60);
  assert.equal(talk.lines.at(-1)?.text, "99");
  assert.equal(hear(talk, ANSWER, null)?.lines.length, 60);
});
