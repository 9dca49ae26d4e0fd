/** The team, its keys, and one's own account: what is said, what is asked first, and what a failure leaves. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { ComponentChild } from "preact";

import { type Asked, asked, json, serve } from "./browser.ts";
import { all, doing, draw, focus, get, happen, press, type } from "./dom.ts";
import { Password } from "../src/dashboard/pages/account/Password.tsx";
import { Sessions } from "../src/dashboard/pages/account/Sessions.tsx";
import { ApiKeys } from "../src/dashboard/pages/team/ApiKeys.tsx";
import { People } from "../src/dashboard/pages/team/People.tsx";
import { LAST_OWNER } from "../src/dashboard/pages/team/people.ts";
import { toasts } from "../src/dashboard/state/toasts.ts";

const NO_CONTENT = (): Response => new Response(null, { status: 204 });
const refused = (field: string): Response => json({ detail: "No.", errors: [{ field, message: "Not this one." }] }, 422);

afterEach(async () => {
  await doing(() => toasts.set([]));
  await draw(null);
});

const names = (): string[] => asked.map((call) => call.name);
const said = (): [string, string][] => toasts.get().map((each) => [each.tone, each.text]);
const rows = (mark: string): string[] => all(`main [data-testid=${mark}]`).map((row) => row.textContent);

/** Press the button of a question that does it. */
const agree = (): Promise<unknown> => happen(all("dialog button").at(-1)!, "click");

/** Draws a page whose list is `items`; other calls are answered by `more`. */
async function open(page: ComponentChild, items: () => object[], more: (call: Asked) => Response): Promise<void> {
  serve((call) => (call.name.startsWith("GET") ? json({ items: items() }) : more(call)));
  await draw(<main>{page}</main>);
  asked.length = 0;
}

// ---- team -----------------------------------------------------------------------------------------------------------

const member = (id: number, role: string, more: object = {}): object => ({
  id,
  email: `p${id}@alpha.example`,
  role,
  active: true,
  state: "active",
  lastLoginAt: null,
  createdAt: "2026-01-01T00:00:00Z",
  you: id === 1,
  ...more,
});
const TEAM = [member(1, "owner"), member(2, "staff")];
const people = (more: (call: Asked) => Response): Promise<void> =>
  open(<People onSettled={() => undefined} />, () => TEAM, more);

test("the last owner cannot be changed, and it is said why", async () => {
  await people(NO_CONTENT);
  const [owner, staff] = rows("team-row");
  assert.match(owner ?? "", new RegExp(LAST_OWNER));
  assert.doesNotMatch(owner ?? "", /Actions for/);
  assert.match(staff ?? "", /Actions for p2@alpha\.example/);
});

test("who is removed is asked about first, is gone from the list, and leaves the focus in it", async () => {
  await people(NO_CONTENT);
  await press("Actions for p2");
  await press("Remove");
  assert.deepEqual(names(), []);
  get("h2", "Remove p2@alpha.example?");
  await agree();
  assert.deepEqual([names(), rows("team-row").length], [["DELETE /team/2"], 1]);
  assert.deepEqual(said(), [["plain", "p2@alpha.example was removed."]]);
  assert.deepEqual([focus().localName, focus().contains(get("table"))], ["div", true]);
});

test("a change that is refused is said, and the people are read again", async () => {
  await people(() => json({ detail: "They are the last owner." }, 409));
  await press("Actions for p2");
  await press("Deactivate");
  await agree();
  assert.deepEqual([names(), said()], [["PATCH /team/2", "GET /team"], [["bad", "They are the last owner."]]]);
  assert.deepEqual(asked[0]?.body, { active: false });
  assert.equal(rows("team-row").length, 2);
  assert.throws(() => get("dialog"));
});

test("a role takes effect as the server answers it", async () => {
  await people(() => json(member(2, "owner")));
  const select = get("table").querySelector("select")!;
  assert.equal(select.getAttribute("aria-label"), "Role of p2@alpha.example");
  select.value = "staff";
  await happen(select, "change");
  assert.deepEqual(names(), []); // it is that already
  select.value = "owner";
  await happen(select, "change");
  assert.deepEqual([names(), asked[0]?.body], [["PATCH /team/2"], { role: "owner" }]);
  assert.deepEqual(said(), [["plain", "p2@alpha.example is now an owner."]]);
  assert.equal(get("table").querySelectorAll("select").length, 2); // neither is the last one now
});

test("an invitation goes out once, and the field is free for the next", async () => {
  let answer: (response: Response) => void = () => undefined;
  serve((call) => (call.name === "GET /team" ? json({ items: TEAM }) : new Promise((resolve) => (answer = resolve))));
  await draw(<main><People onSettled={() => undefined} /></main>);
  const input = get("form").querySelector("input")!;
  await type(input, "new@alpha.example");
  await happen(get("form"), "submit");
  await happen(get("form"), "submit");
  await doing(() => answer(json(member(3, "staff", { email: "new@alpha.example", state: "invited" }))));
  assert.deepEqual([names(), input.value, rows("team-row").length], [["GET /team", "POST /team"], "", 3]);
  assert.deepEqual(said(), [["plain", "An invitation is on its way to new@alpha.example."]]);
});

test("who is invited while the list cannot be had is not taken for all of it", async () => {
  let isAway = true;
  serve((call) => {
    if (call.name === "POST /team") return json(member(3, "staff", { state: "invited" }));
    return isAway ? json({ detail: "Away." }, 503) : json({ items: [...TEAM, member(3, "staff")] });
  });
  await draw(<main><People onSettled={() => undefined} /></main>);
  assert.equal(rows("team-row").length, 0);
  isAway = false;
  await type(get("form").querySelector("input")!, "p3@alpha.example");
  await happen(get("form"), "submit");
  assert.deepEqual([names().at(-1), rows("team-row").length], ["GET /team", 3]);
});

test("an invitation that cannot go out is told at its field, which takes the focus", async () => {
  await people(() => refused("email"));
  const form = get("form");
  const input = form.querySelector("input")!;
  for (const text of [" ", "nobody"]) {
    get("button", "Invite").focus();
    await type(input, text);
    await happen(form, "submit");
    assert.ok(get("[data-testid=field-error]").textContent);
    assert.deepEqual([focus(), asked.length], [input, 0]);
  }
  await type(input, " new@alpha.example ");
  assert.equal(form.querySelector("[data-testid=field-error]"), null);
  await happen(form, "submit");
  assert.deepEqual(asked[0]?.body, { email: "new@alpha.example", role: "staff" });
  assert.deepEqual([get("[data-testid=field-error]").textContent, focus()], ["Not this one.", input]);
  assert.equal(rows("team-row").length, 2);
});

// ---- keys -----------------------------------------------------------------------------------------------------------

const KEY = { prefix: "hk_1", scope: "read", createdAt: "2026-01-01T00:00:00Z", lastUsedAt: null };

test("a key is shown once, until it is kept or revoked", async () => {
  let made = 0;
  const make = ({ body }: Asked): Response => {
    made++;
    return json({ ...KEY, ...(body as object), id: made, key: `hk_1secret${made}` }, 201);
  };
  await open(<ApiKeys />, () => [], (call) => (call.name.startsWith("POST") ? make(call) : NO_CONTENT()));
  const form = get("form");
  await happen(form, "submit");
  assert.equal(get("[data-testid=field-error]").textContent, "Give the key a name, such as Reporting.");
  assert.deepEqual([asked.length, focus()], [0, form.querySelector("input")]);
  await type(form.querySelector("input")!, " Reporting ");
  await happen(form, "submit");
  assert.deepEqual(asked[0]?.body, { name: "Reporting", scope: "read" });
  assert.deepEqual([get("[data-testid=new-key]").value, focus()], ["hk_1secret1", get("[data-testid=new-key]")]);
  await press("I have kept it");
  assert.doesNotMatch(get("main").textContent, /secret/);
  assert.throws(() => get("[data-testid=new-key]"));
  await type(form.querySelector("input")!, "Second");
  await happen(form, "submit");
  await press("Revoke Reporting");
  await agree();
  assert.doesNotMatch(get("main").textContent, /Reporting/);
  assert.equal(get("[data-testid=new-key]").value, "hk_1secret2"); // that one still works
  await press("Revoke Second");
  await agree();
  assert.throws(() => get("[data-testid=new-key]"));
  assert.deepEqual(names().slice(-2), ["DELETE /api-keys/1", "DELETE /api-keys/2"]);
});

test("a key that could not be revoked still stands there", async () => {
  const items = [{ ...KEY, id: 7, name: "Reporting" }];
  await open(<ApiKeys />, () => items, () => json({}, 503));
  await press("Revoke Reporting");
  await agree();
  get("button", "Revoke Reporting");
  assert.deepEqual([names(), said()[0]?.[0]], [["DELETE /api-keys/7", "GET /api-keys"], "bad"]);
});

// ---- account ----------------------------------------------------------------------------------------------------------

const fields = (): ReturnType<typeof get>[] => ["currentPassword", "newPassword"].map((name) => get(`[name=${name}]`));

test("a password is changed once both are there, and forgotten by the page", async () => {
  serve(NO_CONTENT);
  await draw(<Password />);
  const [current, next] = fields();
  await happen(get("form"), "submit");
  assert.deepEqual([asked.length, focus(), current?.getAttribute("aria-invalid")], [0, current, "true"]);
  await type(current!, "old");
  await type(next!, "new words here");
  await happen(get("form"), "submit");
  assert.deepEqual(asked[0]?.body, { currentPassword: "old", newPassword: "new words here" });
  get("[data-testid=password-saved]");
  assert.deepEqual(fields().map((field) => [field.value, field.getAttribute("aria-invalid")]), [["", null], ["", null]]);
  await type(current!, "x");
  assert.throws(() => get("[data-testid=password-saved]"));
});

test("a password that is refused stays typed, with the reason at its field or below", async () => {
  serve(() => refused("newPassword"));
  await draw(<Password />);
  const [current, next] = fields();
  await type(current!, "old");
  await type(next!, "short");
  await happen(get("form"), "submit");
  assert.deepEqual([get("[data-testid=field-error]").textContent, focus(), next?.value], ["Not this one.", next, "short"]);
  serve(() => json({ detail: "Too many tries." }, 403));
  await happen(get("form"), "submit");
  assert.equal(get("[role=alert]").textContent, "Too many tries.");
});

test("a password is sent once, however often it is pressed", async () => {
  serve(() => new Promise(() => undefined));
  await draw(<Password />);
  for (const field of fields()) await type(field, "words");
  await happen(get("form"), "submit");
  await happen(get("form"), "submit");
  assert.equal(asked.length, 1);
});

test("passwords are hidden until they are wanted", async () => {
  await draw(<Password />);
  assert.deepEqual(fields().map((field) => field.getAttribute("type")), ["password", "password"]);
  const box = get("[type=checkbox]");
  box.checked = true;
  await happen(box, "change");
  assert.deepEqual(fields().map((field) => field.getAttribute("type")), ["text", "text"]);
});

const session = (id: string, current = false): object => ({
  id,
  device: `Device ${id}`,
  current,
  createdAt: "2026-01-01T00:00:00Z",
  lastSeenAt: "2026-01-01T00:00:00Z",
});
const sessions = (more: (call: Asked) => Response): Promise<void> =>
  open(<Sessions />, () => [session("a", true), session("b"), session("c")], more);

test("one session ends at a press, all others once it is asked", async () => {
  await sessions(NO_CONTENT);
  await press("Log out Device b");
  assert.deepEqual([names(), rows("session-row").length], [["DELETE /sessions/b"], 2]);
  assert.equal(focus().localName, "ul");
  await press("Log out everywhere else");
  assert.equal(asked.length, 1);
  await agree();
  assert.deepEqual([names()[1], rows("session-row").length], ["DELETE /sessions", 1]);
  assert.doesNotMatch(get("main").textContent, /everywhere else/);
});

test("a session that could not be ended stays, and the list is read again", async () => {
  await sessions(() => json({ detail: "Not now." }, 409));
  await press("Log out Device b");
  assert.deepEqual([names(), rows("session-row").length], [["DELETE /sessions/b", "GET /sessions"], 3]);
  assert.deepEqual(said(), [["bad", "Not now."]]);
});
