import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, json, serve } from "./browser.ts";
import { facets, loadFacets } from "../src/dashboard/handoffs/facets.ts";
import { announce, announcement } from "../src/dashboard/state/announcer.ts";
import { createStore } from "../src/dashboard/state/store.ts";
import { dismiss, toast, toasts } from "../src/dashboard/state/toasts.ts";

test("who follows a store hears of each new value, until they leave", () => {
  const store = createStore(1);
  const heard: number[] = [];
  const leave = store.subscribe(() => heard.push(store.get()));
  store.set(2);
  store.set(2);
  store.set(3);
  leave();
  store.set(4);
  assert.deepEqual(heard, [2, 3]);
});

test("the last three messages stand there, and each can be sent away", () => {
  const sent = ["a", "b", "c", "d"].map((text) => toast(text));
  assert.deepEqual(toasts.get().map((each) => each.text), ["b", "c", "d"]);
  dismiss(sent[2] ?? 0);
  assert.deepEqual(toasts.get().map((each) => each.text), ["b", "d"]);
});

test("the same words twice are news twice", () => {
  let heard = 0;
  announcement.subscribe(() => heard++);
  for (let n = 0; n < 3; n++) announce("Saved.");
  assert.equal(heard, 3);
  assert.equal(announcement.get().trim(), "Saved.");
});

test("menus that cannot be read offer the business's services, are asked for again, and then stand for a while", async () => {
  facets.set({ services: [], sources: ["flyer"], industries: [] });
  serve(({ name }) => (name === "GET /booking" ? json({ services: ["Cut"] }) : json({}, 500)));
  await loadFacets();
  assert.deepEqual(facets.get(), { services: ["Cut"], sources: ["flyer"], industries: [] });
  const known = { services: ["Cut", "Old"], sources: ["flyer"], industries: ["salon"] };
  serve(() => json(known));
  await loadFacets();
  await loadFacets();
  assert.deepEqual([facets.get(), asked.map((call) => call.name)], [known, ["GET /handoffs/facets"]]);
});
