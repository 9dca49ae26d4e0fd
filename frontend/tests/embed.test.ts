import assert from "node:assert/strict";
import { test } from "node:test";
import { findParentOrigin } from "../src/embed.ts";

const ALLOWED = ["https://www.salon.example", "https://salon.example:8443"];

test("the page around is known by its origin, from the browser or from the referrer", () => {
  assert.equal(findParentOrigin(ALLOWED, ["https://www.salon.example"], ""), "https://www.salon.example");
  assert.equal(findParentOrigin(ALLOWED, undefined, "https://salon.example:8443/contact?x=1"), "https://salon.example:8443");
});

test("any other page is told nothing", () => {
  for (const other of ["https://evil.example", "https://salon.example", "http://www.salon.example", "null"]) {
    assert.equal(findParentOrigin(ALLOWED, [other], "https://www.salon.example/"), null);
  }
  assert.equal(findParentOrigin(ALLOWED, undefined, ""), null);
  assert.equal(findParentOrigin(ALLOWED, undefined, "nonsense"), null);
  assert.equal(findParentOrigin([], ["https://www.salon.example"], ""), null);
});
