import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "./browser.ts";
import { all, doing, draw, focus, get, happen, press } from "./dom.ts";
import { ApiError } from "../src/dashboard/api/problem.ts";
import { unsaved } from "../src/dashboard/components/unsaved.ts";
import { SectionForm } from "../src/dashboard/pages/settings/Section.tsx";
import { dropDrafts, type Section, type Source, type Stored, useSection } from "../src/dashboard/pages/settings/useSection.ts";
import { announcement } from "../src/dashboard/state/announcer.ts";
import { TextField } from "../src/dashboard/ui/index.ts";

interface Fields {
  name: string;
  note: string;
  hours: string;
}

let stored: Stored<Fields>;
/** What was sent, with the ETag it was sent on condition of. */
let written: Array<[Fields, string | undefined]> = [];
let write: (value: Fields) => Promise<Stored<Fields>>;
let server: Stored<Fields>;
let section: Section<Pick<Fields, "name" | "note">>;

const stale = (): Promise<never> => Promise.reject(new ApiError(412, {}));

function source(): Source<Fields> {
  return {
    stored,
    read: () => Promise.resolve(server),
    write: (value, etag) => {
      written.push([value, etag]);
      return write(value);
    },
    replace: (next) => {
      stored = next;
    },
  };
}

function Both({ id }: { id: string }) {
  section = useSection({
    id,
    record: source(),
    fields: ["name", "note"],
    check: (draft): Record<string, string> => (draft.name === "" ? { name: "Write a name." } : {}),
  });
  return (
    <SectionForm title="Names" section={section}>
      <TextField label="Name" error={section.errors["name"]} />
    </SectionForm>
  );
}

const page = (id = "names") => <Both id={id} />;
const changeTo = (changes: Partial<Fields>): Promise<void> => doing(() => section.set(changes));
const draft = (): unknown[] => [section.draft.name, section.draft.note];

/** Saves, and draws what the record is then. */
async function save(): Promise<void> {
  await happen(get("form"), "submit");
  await draw(page());
}

beforeEach(async () => {
  await draw(null);
  dropDrafts();
  stored = server = { value: { name: "Ada", note: "", hours: "9-5" }, etag: '"1"' };
  written = [];
  write = (value) => Promise.resolve({ value, etag: '"2"' });
  await draw(page());
});

test("only what is changed can be discarded, and is asked about before one leaves", async () => {
  assert.deepEqual([section.isChanged, [...unsaved.get()]], [false, []]);
  assert.doesNotMatch(get("form").textContent, /Discard|Not saved/);
  await changeTo({ note: "x" });
  assert.deepEqual([section.isChanged, [...unsaved.get()]], [true, ["names"]]);
  get("p", "Not saved yet");
  await press("Discard changes");
  assert.deepEqual([draft(), section.isChanged, [...unsaved.get()]], [["Ada", ""], false, []]);
});

test("the whole record is sent with what was typed, on condition that nobody saved", async () => {
  await changeTo({ note: "x" });
  await save();
  assert.deepEqual(written, [[{ name: "Ada", note: "x", hours: "9-5" }, '"1"']]);
  assert.deepEqual([stored.etag, section.isChanged, section.isSaved, section.isBusy], ['"2"', false, true, false]);
  get("p", "Saved");
  assert.match(announcement.get(), /^Saved\./);
  await changeTo({ note: "y" });
  assert.equal(section.isSaved, false);
  await changeTo({ note: "x" });
  assert.equal(section.isSaved, false); // it was changed since, and back
});

test("a second press while it is on its way sends nothing, and what was typed meanwhile stays", async () => {
  let answer: () => void = () => undefined;
  write = (value) => new Promise((done) => (answer = () => done({ value, etag: '"2"' })));
  await changeTo({ note: "x" });
  await happen(get("form"), "submit");
  assert.equal(get("button", "Saving").getAttribute("aria-busy"), "true");
  await happen(get("form"), "submit");
  await changeTo({ note: "xy" });
  await doing(async () => answer());
  await draw(page());
  assert.deepEqual([written.length, draft(), section.isChanged, section.isSaved], [1, ["Ada", "xy"], true, false]);
});

test("what cannot be sent is told at its field, which gets the focus, until it is changed", async () => {
  await changeTo({ name: "" });
  await save();
  assert.deepEqual([written, section.errors, section.isBusy], [[], { name: "Write a name." }, false]);
  assert.equal(focus(), get("input"));
  await changeTo({ note: "x" });
  assert.deepEqual(section.errors, { name: "Write a name." });
  await changeTo({ name: "A" });
  assert.deepEqual(section.errors, {});
  await changeTo({ name: "" });
  await save();
  await press("Discard changes");
  assert.deepEqual(section.errors, {});
});

test("what the server refuses stands at its field, and below where no field of ours is named", async () => {
  const refuse = (field: string): void => {
    write = () => Promise.reject(new ApiError(422, { detail: "Please check.", errors: [{ field, message: "Too odd." }] }));
  };
  refuse("name.1");
  await changeTo({ name: "B" });
  await save();
  assert.deepEqual([section.errors, section.failure, section.refusals], [{ "name.1": "Too odd." }, null, 1]);
  refuse("hours");
  await save();
  assert.deepEqual([section.errors, section.failure], [{ hours: "Too odd." }, "Please check."]);
  assert.equal(get("p", "Please check.").getAttribute("role"), "alert");
  assert.deepEqual([draft(), section.isChanged, section.isSaved], [["B", ""], true, false]);
  write = (value) => Promise.resolve({ value, etag: '"2"' });
  await save();
  assert.deepEqual([section.errors, section.failure, section.isSaved], [{}, null, true]);
});

test("two fields that change at once are both changed", async () => {
  await doing(() => {
    section.set({ name: "B" });
    section.set({ note: "x" });
  });
  assert.deepEqual(draft(), ["B", "x"]);
});

test("the form is sent by script alone, and called by its title", async () => {
  assert.equal((await happen(get("form"), "submit")).defaultPrevented, true);
  assert.equal(get("form").getAttribute("aria-labelledby"), get("h2", "Names").getAttribute("id"));
});

test("a server that is away keeps what was typed and says so", async () => {
  write = () => Promise.reject(new ApiError(503, {}));
  await changeTo({ name: "B" });
  await save();
  assert.deepEqual([section.failure?.slice(0, 20), section.refusals, draft()], ["Something went wrong", 0, ["B", ""]]);
  await press("Discard changes");
  assert.equal(section.failure, null);
});

test("who saved other settings is no conflict: both changes are sent anew", async () => {
  server = { value: { name: "Ada", note: "", hours: "10-6" }, etag: '"7"' };
  write = (value) => (written.length === 1 ? stale() : Promise.resolve({ value, etag: '"8"' }));
  await changeTo({ note: "x" });
  await save();
  assert.deepEqual(written[1], [{ name: "Ada", note: "x", hours: "10-6" }, '"7"']);
  assert.deepEqual([section.conflict, section.isSaved, stored.etag], [null, true, '"8"']);
});

/** Somebody saved another name and I did; then another note, too. */
async function clash(): Promise<void> {
  server = { value: { name: "Theirs", note: "new", hours: "9-5" }, etag: '"7"' };
  write = () => stale();
  await changeTo({ name: "Mine" });
  await save();
  write = (value) => Promise.resolve({ value, etag: '"8"' });
}

test("who saved the same setting is shown beside mine, and nothing is overwritten", async () => {
  await clash();
  assert.deepEqual(
    section.conflict?.differences.map((each) => [each.field, each.theirs, each.mine, each.isContested]),
    [["name", "Theirs", "Mine", true], ["note", "new", "", false]],
  );
  assert.deepEqual([written.length, draft(), section.isSaved], [1, ["Mine", ""], false]);
  assert.equal(focus().getAttribute("role"), "group");
  const cells = all("tbody td").map((cell) => cell.textContent);
  assert.deepEqual(cells, ["Theirs", "Mine", "new", "Not changed by you"]);
  await press("Discard changes");
  assert.deepEqual([section.conflict, draft()], [null, ["Ada", ""]]);
});

test("mine kept is saved over theirs, with what they alone changed", async () => {
  await clash();
  await press("Keep mine and save");
  await draw(page());
  assert.deepEqual(written[1], [{ name: "Mine", note: "new", hours: "9-5" }, '"7"']);
  assert.deepEqual([section.conflict, section.isSaved, draft()], [null, true, ["Mine", "new"]]);
});

test("mine kept is not lost where it cannot be saved", async () => {
  await clash();
  write = () => Promise.reject(new ApiError(503, {}));
  await press("Keep mine and save");
  await draw(page());
  assert.deepEqual([draft(), section.isChanged, section.isSaved], [["Mine", "new"], true, false]);
});

test("who changed other fields of the section is told so, until it is saved", async () => {
  server = { value: { name: "Ada", note: "new", hours: "9-5" }, etag: '"7"' };
  write = () => stale();
  await changeTo({ name: "Mine" });
  await save();
  get("button", "Keep both and save");
  write = (value) => Promise.resolve({ value, etag: '"8"' });
  await save();
  assert.deepEqual([section.conflict, section.isSaved], [null, true]);
});

test("theirs taken is no change of mine, and mine can be brought back", async () => {
  await clash();
  await press("Use theirs");
  await draw(page());
  assert.deepEqual([draft(), section.isChanged, section.conflict, written.length], [["Theirs", "new"], false, null, 1]);
  assert.equal(stored.etag, '"7"');
  await press("Bring mine back");
  assert.deepEqual([draft(), section.isChanged, section.aside], [["Mine", ""], true, null]);
});

test("theirs taken is no longer wrong where mine was", async () => {
  write = () => Promise.reject(new ApiError(422, { errors: [{ field: "name", message: "Too odd." }] }));
  await changeTo({ name: "Mine" });
  await save();
  server = { value: { name: "Theirs", note: "", hours: "9-5" }, etag: '"7"' };
  write = () => stale();
  await save();
  assert.deepEqual(section.errors, { name: "Too odd." });
  await press("Use theirs");
  assert.deepEqual(section.errors, {});
});

test("mine that was set aside is dropped by the next save", async () => {
  await clash();
  await press("Use theirs");
  await draw(page());
  await changeTo({ note: "x" });
  await save();
  assert.deepEqual([section.aside, section.isSaved], [null, true]);
});

test("what was typed outlives the page, until all drafts are dropped", async () => {
  await changeTo({ note: "x" });
  await draw(null);
  await draw(page());
  assert.deepEqual(draft(), ["Ada", "x"]);
  await doing(() => dropDrafts());
  assert.deepEqual([draft(), section.isChanged, [...unsaved.get()]], [["Ada", ""], false, []]);
  await changeTo({ note: "y" });
  await draw(null);
  await doing(() => dropDrafts());
  assert.deepEqual([...unsaved.get()], []);
  await draw(page());
  assert.deepEqual(draft(), ["Ada", ""]);
});

test("what another section saved is followed where nothing was typed", async () => {
  await changeTo({ note: "x" });
  stored = { value: { name: "Renamed", note: "theirs", hours: "9-5" }, etag: '"5"' };
  await draw(page());
  assert.deepEqual([draft(), section.isChanged], [["Renamed", "x"], true]);
  await save();
  assert.deepEqual(written, [[{ name: "Renamed", note: "x", hours: "9-5" }, '"5"']]);
});

test("saved stands at the section that saved last, alone", async () => {
  await changeTo({ note: "x" });
  await save();
  await draw(<Both key="other" id="other" />);
  assert.equal(section.isSaved, false);
});
