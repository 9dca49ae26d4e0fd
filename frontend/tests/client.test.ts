import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, inPieces, json, later, serve, settle, visited } from "./browser.ts";
import { address, ask, call } from "../src/dashboard/api/client.ts";
import { ApiError, UnreachableError, describe, isAbort } from "../src/dashboard/api/problem.ts";
import { isOnline } from "../src/dashboard/state/connection.ts";

const ID = { handoff_id: "a/b?c" };
const PROBLEM = {
  type: "urn:booking-handoff:last_owner",
  detail: "The business needs an owner.",
  errors: [{ field: "role", message: "Not now.", code: "last_owner" }],
};

test("an address has its path encoded, and every value of its query that is one", () => {
  assert.equal(address("/handoffs/{handoff_id}", ID, undefined), "/api/v1/handoffs/a%2Fb%3Fc");
  const query = { status: ["new", "abandoned"], q: "a&b", service: undefined, source: null };
  assert.equal(address("/handoffs", undefined, query), "/api/v1/handoffs?status=new&status=abandoned&q=a%26b");
  assert.equal(address("/handoffs", undefined, new URLSearchParams("q=x")), "/api/v1/handoffs?q=x");
});

test("a read carries no token, a write does, and each its condition", async () => {
  serve(() => json({}, 200, { ETag: '"2"' }));
  const reply = await ask("GET /settings/booking", { ifNoneMatch: '"1"' });
  assert.deepEqual([reply.isNew, reply.etag], [true, '"2"']);
  await ask("PATCH /team/{member_id}", { path: { member_id: "7" }, body: { active: false }, ifMatch: '"1"' });

  const [read, write] = asked;
  assert.deepEqual(asked.map((each) => each.cache), ["no-store", "no-store"]); // the browser's own would answer the 304s
  assert.equal(read?.headers.get("X-CSRFToken"), null);
  assert.equal(read?.headers.get("Content-Type"), null);
  assert.deepEqual([read?.headers.get("If-None-Match"), read?.headers.get("If-Match")], ['"1"', null]);
  assert.equal(write?.headers.get("X-CSRFToken"), "the-token");
  assert.equal(write?.headers.get("Content-Type"), "application/json");
  assert.deepEqual([write?.headers.get("If-None-Match"), write?.headers.get("If-Match")], [null, '"1"']);
  assert.deepEqual([write?.name, write?.body], ["PATCH /team/7", { active: false }]);
});

test("an answer without a body is read as none", async () => {
  for (const status of [202, 204, 304]) {
    serve(() => new Response(null, { status, headers: { ETag: '"1"' } }));
    assert.deepEqual(await ask("GET /handoffs"), { isNew: status !== 304, body: undefined, etag: '"1"' });
  }
});

test("a refusal tells its code, its fields and when to come again", async () => {
  serve(() => json(PROBLEM, 422, { "Retry-After": "7" }));
  const error: unknown = await call("GET /handoffs").catch((reason: unknown) => reason);
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.status, error.code, error.retryAfter], [422, "last_owner", 7]);
  assert.deepEqual([error.of("role"), error.of("email")], ["Not now.", undefined]);
  assert.equal(error.message, PROBLEM.detail);
});

test("a refusal that is no problem document is still told", async () => {
  serve(() => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Retry-After": "Fri, 01 Jan 2027" } }));
  const error: unknown = await call("GET /handoffs").catch((reason: unknown) => reason);
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.status, error.code, error.fields, error.retryAfter], [502, "", [], null]);
  assert.equal(error.message, "The server answered 502.");
});

test("no answer, and one cut off on the way, are a server that cannot be reached", async () => {
  serve(() => Promise.reject(new TypeError("failed to fetch")));
  await assert.rejects(call("GET /handoffs"), UnreachableError);
  assert.equal(isOnline.get(), false);
  serve(() => json({}));
  await call("GET /handoffs");
  assert.equal(isOnline.get(), true);
  serve(() => new Response('{"items": ['));
  await assert.rejects(call("GET /handoffs"), UnreachableError);
});

test("who stops waiting hears of that, not of a dead line", async () => {
  const controller = new AbortController();
  serve(({ signal }) => later(signal).answer);
  const waiting = call("GET /handoffs", { signal: controller.signal });
  controller.abort();
  assert.equal(asked[0]?.signal.aborted, true);
  await assert.rejects(waiting, isAbort);
  assert.equal(isOnline.get(), true);
});

test("waiting can be stopped until the last byte of an answer", async () => {
  const controller = new AbortController();
  let finish: () => void = () => undefined;
  serve(({ signal }) => {
    const reply = inPieces(signal, { items: [], nextCursor: null });
    finish = reply.finish;
    return reply.answer;
  });
  const waiting = call("GET /handoffs", { signal: controller.signal });
  await settle();
  controller.abort();
  finish();
  await assert.rejects(waiting, isAbort);
});

test("a body that comes too slowly is given up as well", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  serve(({ signal }) => inPieces(signal, {}).answer);
  const waiting = call("GET /handoffs");
  await settle();
  context.mock.timers.tick(20_000);
  await assert.rejects(waiting, UnreachableError);
  serve(() => json({}));
  await call("GET /handoffs");
});

test("a silent server is given up after twenty seconds", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  serve(({ signal }) => later(signal).answer);
  const waiting = call("GET /handoffs");
  context.mock.timers.tick(19_999);
  assert.equal(asked[0]?.signal.aborted, false);
  context.mock.timers.tick(1);
  await assert.rejects(waiting, UnreachableError);
});

test("a session that is over leads to the login and back, once, and nobody goes on", async () => {
  serve(() => json({ detail: "Log in." }, 401));
  let isSettled = false;
  for (const waiting of [call("GET /handoffs"), call("GET /team")]) {
    void waiting.finally(() => (isSettled = true)).catch(() => undefined);
  }
  await settle();
  assert.deepEqual(visited, ["/login?next=%2Fdashboard%3Fq%3Da"]);
  assert.equal(isSettled, false);
});

test("what went wrong is one sentence, and none of it the server's where that is broken", () => {
  const about = (status: number, retryAfter: string | null = null): string =>
    describe(new ApiError(status, { detail: "Their words." }, retryAfter));
  assert.equal(about(409), "Their words.");
  assert.equal(describe(new ApiError(400, { detail: "" })), "The server answered 400.");
  assert.equal(isAbort(new DOMException("Gone", "NotFoundError")), false);
  assert.equal(about(500), "Something went wrong on our side. Try again in a moment.");
  assert.equal(about(429, "30"), "That was a lot at once. Try again in 30 s.");
  assert.equal(about(429), "That was a lot at once. Try again in a minute.");
  assert.equal(describe(new UnreachableError()), "The server cannot be reached just now.");
  assert.equal(describe(new TypeError("x is undefined")), "Something went wrong on this page. Load it again.");
});
