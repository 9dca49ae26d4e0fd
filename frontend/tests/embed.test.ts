import assert from "node:assert/strict";
import { test } from "node:test";
import { announceHeight, findParentOrigin, leaveFrame } from "../src/embed.ts";

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

test("the page around hears each new height once, and no other page does", () => {
  const told: unknown[] = [];
  const heights = [100.2, 100.9, 300];
  let measure: () => void = () => undefined;
  const here = {
    parent: { postMessage: (message: unknown, origin: string) => told.push([message, origin]) },
    location: { ancestorOrigins: ["https://www.salon.example"] },
    document: { referrer: "", body: { getBoundingClientRect: () => ({ height: heights.shift() ?? 0 }) } },
    ResizeObserver: class {
      constructor(hear: () => void) {
        measure = hear;
      }
      observe(): void {
        measure();
      }
    },
  };
  Object.assign(globalThis, { window: globalThis, ...here });
  announceHeight(["https://elsewhere.example"]);
  assert.deepEqual(told, []);
  announceHeight(ALLOWED);
  for (let n = 0; n < 2; n++) measure();
  const message = (height: number): unknown => [{ type: "booking-handoff:height", height }, "https://www.salon.example"];
  assert.deepEqual(told, [message(101), message(300)]);
});

test("leaving the frame opens the page in place of all; where that is forbidden, a link is offered", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const opened: unknown[] = [];
  Object.assign(globalThis, { window: globalThis, open: (...given: unknown[]) => opened.push(given) });
  let isOffered = false;
  leaveFrame("/handoff/1", () => (isOffered = true));
  assert.deepEqual([opened, isOffered], [[["/handoff/1", "_top"]], false]);
  context.mock.timers.tick(1_500);
  assert.equal(isOffered, true);
});
