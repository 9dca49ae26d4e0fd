import assert from "node:assert/strict";
import { test } from "node:test";
import { isLastOwner, type Member } from "../src/dashboard/pages/team/people.ts";

const someone = (id: number, role: Member["role"], state: Member["state"] = "active"): Member => ({
  id,
  email: `${id}@example.com`,
  role,
  active: state !== "deactivated",
  state,
  lastLoginAt: null,
  createdAt: "2026-01-01T00:00:00Z",
  you: false,
});

test("an owner beside whom no other is active is the last", () => {
  const owner = someone(1, "owner");
  assert.equal(isLastOwner([owner, someone(2, "staff")], owner), true);
  assert.equal(isLastOwner([owner, someone(2, "owner", "deactivated"), someone(3, "owner", "invited")], owner), true);
  assert.equal(isLastOwner([owner, someone(2, "owner")], owner), false);
});

test("staff, and an owner who is not active, are never the last owner", () => {
  const staff = someone(1, "staff");
  const left = someone(2, "owner", "deactivated");
  assert.equal(isLastOwner([staff, left], staff), false);
  assert.equal(isLastOwner([staff, left], left), false);
});
