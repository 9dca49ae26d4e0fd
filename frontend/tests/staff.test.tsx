/** What staff are shown: all to read, and nothing they may not do. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { BOOT } from "./browser.ts";
import { all, draw, get, press } from "./dom.ts";
import { handoff } from "./records.ts";

BOOT.role = "staff"; // before the modules below look at it
const { SectionForm } = await import("../src/dashboard/pages/settings/Section.tsx");
const { Rows } = await import("../src/dashboard/pages/handoffs/Rows.tsx");
const { TextField } = await import("../src/dashboard/ui/index.ts");

afterEach(() => draw(null));

test("settings are read: the fields are off, and nothing saves them", async () => {
  const section = {
    draft: {},
    set: () => undefined,
    isChanged: true,
    isBusy: false,
    isSaved: false,
    errors: {},
    failure: null,
    conflict: null,
    aside: null,
    refusals: 0,
    save: () => Promise.resolve(),
    discard: () => undefined,
    keepMine: () => Promise.resolve(),
    takeTheirs: () => undefined,
    bringBack: () => undefined,
  };
  await draw(
    <SectionForm title="Names" section={section}>
      <TextField label="Name" />
    </SectionForm>,
  );
  assert.deepEqual([get("fieldset").disabled, get("form").querySelectorAll("button").length], [true, 0]);
});

test("personal data is erased by owners alone", async () => {
  await draw(<Rows items={[handoff(1, { customerPhone: "+17725550100", customerEmail: "a?b@x.example" })]} onErase={() => undefined} />);
  await press("More for Person 1");
  const items = all("[role=menu] [role=menuitem]");
  assert.deepEqual(
    items.map((item) => [item.textContent, item.getAttribute("href")]),
    [["Open", "/dashboard/handoffs/id-0001"], ["Write an email", "mailto:a%3Fb@x.example"]],
  );
});
