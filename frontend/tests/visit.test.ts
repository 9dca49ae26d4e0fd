import assert from "node:assert/strict";
import { test } from "node:test";

import { json, serve, settle, visited } from "./browser.ts";
import { boot } from "../src/dashboard/boot.ts";
import { call } from "../src/dashboard/api/client.ts";
import { isVisitOver } from "../src/dashboard/state/visit.ts";

test("a support session that is over is said, and leads to no login", async () => {
  Object.assign(boot, { role: "support", support: { mayWrite: false, secondsLeft: 60, adminUrl: "" } });
  serve(() => json({}, 401));
  void call("GET /support-session");
  await settle();
  assert.deepEqual([isVisitOver.get(), visited], [true, []]);
});
