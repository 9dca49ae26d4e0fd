import assert from "node:assert/strict";
import { test } from "node:test";

import {
  buildBody,
  findMissing,
  keyFor,
  makeKey,
  readAnswer,
  splitPhrase,
  togglePick,
  type Extras,
  type Values,
} from "../src/capture.ts";

const VALUES: Values = {
  requestedService: " Haircut ",
  preferredDateTimeText: "Friday after 5",
  customerName: "Maria",
  customerPhone: "",
  customerEmail: "maria@example.com",
  notes: "",
};
const EXTRAS: Extras = { sourcePage: "", attribution: {}, shareDetails: null, honeypot: "" };
const ID = "0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b";
const DAYS = ["Today", "Tomorrow", "Next week"];
const PARTS = ["morning", "evening"];

test("body leaves empty optional fields out", () => {
  assert.deepEqual(JSON.parse(buildBody(VALUES, EXTRAS)), {
    requestedService: "Haircut",
    preferredDateTimeText: "Friday after 5",
    customerName: "Maria",
    customerEmail: "maria@example.com",
  });
});

test("body carries what the page knows", () => {
  const body = buildBody(VALUES, {
    sourcePage: "/book",
    attribution: { utm_source: "news", gclid: "" },
    shareDetails: false,
    honeypot: "spam",
  });
  assert.deepEqual(JSON.parse(body), {
    requestedService: "Haircut",
    preferredDateTimeText: "Friday after 5",
    customerName: "Maria",
    customerEmail: "maria@example.com",
    sourcePage: "/book",
    attribution: { utm_source: "news" },
    shareDetailsWithProvider: false,
    website: "spam",
  });
});

test("missing fields are named in page order, one contact is enough", () => {
  const empty: Values = { ...VALUES, requestedService: " ", preferredDateTimeText: "", customerName: "", customerEmail: "" };
  assert.deepEqual(findMissing(empty), ["requestedService", "preferredDateTimeText", "customerName", "customerPhone"]);
  assert.deepEqual(findMissing(VALUES), []);
  assert.deepEqual(findMissing({ ...VALUES, customerEmail: "", customerPhone: "772-555-0177" }), []);
});

test("made keys are version 4 UUIDs and differ", () => {
  const key = makeKey();
  assert.match(key, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.notEqual(makeKey(), key);
});

test("key stays for a first send and for a retry of the same body", () => {
  assert.equal(keyFor(ID, null, "a"), ID);
  assert.equal(keyFor(ID, "a", "a"), ID);
});

test("key changes when another body may be stored under it, or when it is none", () => {
  assert.notEqual(keyFor(ID, "a", "b"), ID);
  assert.match(keyFor("", null, "a"), /^[\da-f-]{36}$/);
});

for (const status of [200, 201, 202]) {
  test(`answer ${String(status)} with an id goes to the hand-over page`, () => {
    assert.deepEqual(readAnswer(status, { id: ID }), { kind: "done", id: ID });
  });
}

test("answer 201 with an id that is no UUID leads nowhere", () => {
  assert.deepEqual(readAnswer(201, { id: "../evil" }), { kind: "failed", reason: "error", url: null, refused: false });
});

test("an id in a refusal is no handoff", () => {
  assert.equal(readAnswer(409, { id: ID }).kind, "failed");
});

test("answer 422 gives its errors, with the field's own name", () => {
  const errors = [{ field: "body.customerName", message: "Please enter your name.", code: "missing" }];
  assert.deepEqual(readAnswer(422, { errors }), {
    kind: "invalid",
    errors: [{ field: "customerName", message: "Please enter your name.", code: "missing" }],
  });
});

test("answer 422 about the key asks for a new one", () => {
  const errors = [{ field: "Idempotency-Key", message: "Used.", code: "idempotency_key_reused" }];
  assert.deepEqual(readAnswer(422, { errors }), { kind: "reusedKey" });
  assert.deepEqual(readAnswer(422, { errors: [{ ...errors[0], code: "uuid" }] }), { kind: "reusedKey" });
  assert.deepEqual(readAnswer(422, { errors: [{ ...errors[0], field: "" }] }), { kind: "reusedKey" });
});

test("answers 400 and 422 without a readable error are refused", () => {
  const expected = { kind: "failed", reason: "error", url: null, refused: true };
  assert.deepEqual(readAnswer(400, null), expected);
  for (const errors of [undefined, [], "x", [null, "x"]]) assert.deepEqual(readAnswer(422, { errors }), expected);
});

test("answer 429 is refused and keeps the link it carries", () => {
  const body = { booking: { url: "https://calendly.com/x" } };
  assert.deepEqual(readAnswer(429, body), { kind: "failed", reason: "busy", url: "https://calendly.com/x", refused: true });
});

test("answer 503 may have been stored, and only an https link is taken", () => {
  const expected = { kind: "failed", reason: "error", url: null, refused: false };
  for (const url of ["javascript:alert(1)", "javascript:alert('https://x')", "https:x", "http://x", 1]) {
    assert.deepEqual(readAnswer(503, { booking: { url } }), expected);
  }
  assert.deepEqual(readAnswer(503, { booking: null }), expected);
  assert.deepEqual(readAnswer(502, null), expected);
});

test("a phrase is split into day, rest and part", () => {
  assert.deepEqual(splitPhrase("tomorrow after lunch Evening", DAYS, PARTS), {
    day: "Tomorrow",
    rest: "after lunch",
    part: "evening",
  });
  assert.deepEqual(splitPhrase("Todayish", DAYS, PARTS), { day: "", rest: "Todayish", part: "" });
  assert.deepEqual(splitPhrase("midmorning", DAYS, PARTS), { day: "", rest: "midmorning", part: "" });
  assert.deepEqual(splitPhrase(" Today  morning ", DAYS, PARTS), { day: "Today", rest: "", part: "morning" });
});

test("quick picks combine, swap and come off", () => {
  assert.equal(togglePick("", "Tomorrow", DAYS, PARTS), "Tomorrow");
  assert.equal(togglePick("Tomorrow", "morning", DAYS, PARTS), "Tomorrow morning");
  assert.equal(togglePick("Tomorrow morning", "Next week", DAYS, PARTS), "Next week morning");
  assert.equal(togglePick("Next week morning", "Next week", DAYS, PARTS), "Morning");
  assert.equal(togglePick("Morning", "morning", DAYS, PARTS), "");
});

test("quick picks keep what was typed", () => {
  assert.equal(togglePick("after 5", "Tomorrow", DAYS, PARTS), "Tomorrow after 5");
  assert.equal(togglePick("Friday", "evening", DAYS, PARTS), "Friday evening");
});
