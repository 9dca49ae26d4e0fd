/** The parts all pages share: what they say to who cannot see them, and where the focus goes. */
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";

import { asked, json, serve } from "./browser.ts";
import { all, doing, draw, focus, get, happen, press, send, type } from "./dom.ts";
import { handoff } from "./records.ts";
import { ListEditor } from "../src/dashboard/components/ListEditor.tsx";
import { EraseDialog } from "../src/dashboard/handoffs/EraseDialog.tsx";
import { Toasts } from "../src/dashboard/shell/Toasts.tsx";
import { announcement } from "../src/dashboard/state/announcer.ts";
import { TOAST_TIME, toast, toasts } from "../src/dashboard/state/toasts.ts";
import { UnreachableError } from "../src/dashboard/api/problem.ts";
import { Ask, Button, CheckField, ErrorState, TextField } from "../src/dashboard/ui/index.ts";
import { StatusBadge } from "../src/dashboard/handoffs/StatusBadge.tsx";

afterEach(async () => {
  await doing(() => toasts.set([]));
  await draw(null);
});

test("a field is tied to its label, its hint and its error", async () => {
  await draw(<TextField label="Name" hint="As you like" error="Too long." name="name" maxLength={9} />);
  const input = get("input");
  assert.equal(get("label", "Name").getAttribute("for"), input.getAttribute("id"));
  const described = [get("p", "Too long."), get("p", "As you like")].map((each) => each.getAttribute("id"));
  assert.deepEqual(input.getAttribute("aria-describedby")?.split(" "), described);
  assert.deepEqual([input.getAttribute("aria-invalid"), input.getAttribute("maxLength")], ["true", "9"]);
  assert.equal(get("[data-testid=field-error]").textContent, "Too long.");
});

test("a field without hint and error says nothing of either", async () => {
  await draw(<TextField label="Name" />);
  assert.deepEqual(
    ["aria-describedby", "aria-invalid"].map((name) => get("input").getAttribute(name)),
    [null, null],
  );
  await draw(<CheckField label="Mails" hint="Each morning" />);
  assert.equal(get("input").getAttribute("aria-describedby"), get("p", "Each morning").getAttribute("id"));
  assert.equal(get("input").getAttribute("id"), get("label").getAttribute("for"));
});

test("a button at work says so, keeps the focus and takes no press", async () => {
  let pressed = 0;
  const button = (busy: boolean) => (
    <Button type="submit" busy={busy} onClick={() => pressed++}>
      Save
    </Button>
  );
  await draw(button(true));
  assert.equal((await happen(get("button"), "click")).defaultPrevented, true); // the form is not sent
  assert.deepEqual([get("button").getAttribute("aria-busy"), get("button").disabled, pressed], ["true", false, 0]);
  await draw(button(false));
  assert.equal((await happen(get("button"), "click")).defaultPrevented, false);
  assert.deepEqual([get("button").getAttribute("aria-busy"), pressed], [null, 1]);
});

test("a button that shows its icon alone has a name; none sends a form by chance", async () => {
  await draw(
    <Button icon="close" iconOnly>
      Dismiss
    </Button>,
  );
  const button = get("button", "Dismiss");
  assert.deepEqual([button.getAttribute("title"), button.getAttribute("type")], ["Dismiss", "button"]);
});

test("a failure is told at once, with the way to try again", async () => {
  let tries = 0;
  await draw(<ErrorState error={new UnreachableError()} retry={() => tries++} />);
  assert.equal(get("[role=alert]").querySelector("p")?.textContent, "The server cannot be reached just now.");
  await press("Try again");
  assert.equal(tries, 1);
});

test("a status is said in words", async () => {
  await draw(<StatusBadge status="completed_external" />);
  assert.equal(get("[data-testid=status-badge]").textContent, "Completed");
});

// ---- questions ----------------------------------------------------------------------------------------------------

test("a question takes the focus, to the harmless answer, and gives it back", async () => {
  const closed: string[] = [];
  const page = (isOpen: boolean) => (
    <>
      <Button>Erase</Button>
      {isOpen && (
        <Ask title="Sure?" action="Do it" onAction={() => closed.push("done")} onClose={() => closed.push("closed")}>
          <p>Why</p>
        </Ask>
      )}
    </>
  );
  await draw(page(false));
  get("button", "Erase").focus();
  await draw(page(true));
  const dialog = get("dialog");
  assert.deepEqual([dialog.hasAttribute("open"), focus().textContent], [true, "Cancel"]);
  assert.equal(dialog.getAttribute("aria-labelledby"), get("h2", "Sure?").getAttribute("id"));
  assert.equal((await happen(dialog, "cancel")).defaultPrevented, true); // who asked closes it
  await happen(dialog, "pointerdown");
  await press("Cancel");
  await press("Do it");
  assert.deepEqual(closed, ["closed", "closed", "closed", "done"]);
  await draw(page(false));
  assert.equal(focus(), get("button", "Erase"));
});

test("a press inside a question does not close it", async () => {
  let closed = 0;
  await draw(
    <Ask title="Sure?" action="Do it" onAction={() => undefined} onClose={() => closed++}>
      <p>Why</p>
    </Ask>,
  );
  await happen(get("p", "Why"), "pointerdown");
  assert.equal(closed, 0);
});

test("data that could not be erased is said in the question, which can be answered again", async () => {
  const done: string[] = [];
  const item = handoff(1);
  await draw(<EraseDialog item={item} onClose={() => done.push("closed")} onErased={(each) => done.push(each.id)} />);
  get("h2", "Erase Person 1’s data?");
  let answer: (response: Response) => void = () => undefined;
  serve(() => new Promise((resolve) => (answer = resolve)));
  await press("Erase for good");
  assert.equal(get("button", "Erase for good").getAttribute("aria-busy"), "true");
  await doing(() => answer(json({ detail: "Only an owner may." }, 403)));
  assert.deepEqual([get("[role=alert]").textContent, done, toasts.get()], ["Only an owner may.", [], []]);
  assert.equal(get("button", "Erase for good").getAttribute("aria-busy"), null);
  serve(({ name }) => (name.startsWith("DELETE") ? new Response(null, { status: 204 }) : json(item)));
  await press("Erase for good");
  assert.deepEqual(done, [item.id, "closed"]);
  assert.deepEqual(asked.map((call) => call.name), [`DELETE /handoffs/${item.id}`, `GET /handoffs/${item.id}`]);
  assert.deepEqual(toasts.get().map((each) => each.text), ["Personal data erased"]);
});

// ---- messages -----------------------------------------------------------------------------------------------------

test("a message can be taken back once, or sent away", async () => {
  let undone = 0;
  await draw(<Toasts />);
  await doing(() => toast("Done", { undo: () => undone++ }));
  assert.equal(get("[aria-live=polite]").textContent, "DoneUndoDismiss");
  await press("Undo");
  assert.deepEqual([undone, toasts.get()], [1, []]);
  await doing(() => toast("Plain"));
  assert.equal(get("[data-testid=toast]").textContent, "PlainDismiss");
  await press("Dismiss");
  assert.deepEqual([undone, toasts.get()], [1, []]);
});

test("a message goes by itself, but not while it is pointed at or focused", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  const clock = mock.method(performance, "now", () => now);
  const pass = (milliseconds: number): Promise<void> =>
    doing(() => {
      now += milliseconds;
      mock.timers.tick(milliseconds);
    });
  try {
    await draw(<Toasts />);
    for (const [enter, leave] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]] as const) {
      await doing(() => toast("Done"));
      await pass(TOAST_TIME - 1000);
      await happen(get("[data-testid=toast]"), enter);
      await pass(TOAST_TIME);
      await happen(get("[data-testid=toast]"), leave);
      await pass(999);
      assert.equal(toasts.get().length, 1);
      await pass(1);
      assert.equal(toasts.get().length, 0);
    }
  } finally {
    clock.mock.restore();
    mock.timers.reset();
  }
});

// ---- lists --------------------------------------------------------------------------------------------------------

/** A list of services that follows what is done to it. */
async function edit(given: string[], more: object = {}): Promise<{ items: () => string[] }> {
  let items = given;
  const show = (): Promise<unknown> =>
    draw(
      <ListEditor
        legend="Services"
        noun="service"
        addLabel="Add a service"
        items={items}
        problems={{}}
        most={3}
        isOrdered
        onChange={(next) => {
          items = next;
          void show();
        }}
        {...more}
      />,
    );
  await show();
  return { items: () => items };
}

const inputs = (): HTMLInputElement[] => all("fieldset input");

test("a line that is added or removed leaves the focus in the list, and is told", async () => {
  const list = await edit(["Cut", "Colour"]);
  await press("Add a service");
  assert.deepEqual([list.items(), focus() === inputs()[2]], [["Cut", "Colour", ""], true]);
  assert.equal(get("button", "Add a service").disabled, true); // three are the most
  inputs()[0]?.focus();
  await type(inputs()[0]!, "Cuts");
  assert.equal(focus(), inputs()[0]); // once it was moved there, the focus is the visitor's own
  await type(inputs()[0]!, "Cut");
  await press("Remove Colour");
  assert.deepEqual([list.items(), focus() === inputs()[1], announcement.get()], [["Cut", ""], true, "Colour removed."]);
  await press("Remove service 2");
  assert.equal(focus(), inputs()[0]);
  await press("Remove Cut");
  assert.deepEqual([list.items(), focus().textContent], [[], "Add a service"]);
});

test("a line is moved by Alt and an arrow, within the list, and takes the focus along", async () => {
  const list = await edit(["Cut", "Colour"]);
  const key = (at: number, name: string, altKey = true): Promise<Event> =>
    happen(inputs()[at]!, "keydown", { key: name, altKey });
  assert.equal((await key(0, "ArrowDown", false)).defaultPrevented, false);
  const before = announcement.get();
  await key(0, "ArrowUp");
  assert.deepEqual([list.items(), announcement.get()], [["Cut", "Colour"], before]);
  await key(0, "ArrowDown");
  assert.deepEqual([list.items(), focus() === inputs()[1]], [["Colour", "Cut"], true]);
  assert.equal(announcement.get(), "Cut: now 2 of 2.");
  await key(1, "ArrowDown");
  assert.deepEqual([list.items(), announcement.get()], [["Colour", "Cut"], "Cut: now 2 of 2."]);
  assert.deepEqual([get("button", "Move Colour up").disabled, get("button", "Move Cut down").disabled], [true, true]);
});

test("keys that come faster than the list is drawn move the same line on", async () => {
  const list = await edit(["Cut", "Colour", "Perm"]);
  await doing(() => {
    for (let n = 0; n < 2; n++) {
      send(inputs()[0]!, "keydown", { key: "ArrowDown", altKey: true });
    }
  });
  assert.deepEqual([list.items(), focus() === inputs()[2]], [["Colour", "Perm", "Cut"], true]);
});

test("a button that is off at the end of the list leaves the focus with its line", async () => {
  const list = await edit(["Cut", "Colour"]);
  await press("Move Cut down");
  assert.deepEqual([list.items(), focus() === inputs()[1]], [["Colour", "Cut"], true]);
  await edit(["Cut", "Colour", "Perm"]);
  await press("Move Cut down");
  assert.equal(focus(), get("button", "Move Cut down"));
});

test("blanks around a line go when it is left", async () => {
  const list = await edit([" Cut "]);
  await happen(inputs()[0]!, "blur");
  assert.deepEqual(list.items(), ["Cut"]);
});

test("what is wrong with a line stands at it", async () => {
  await edit(["Cut", ""], { problems: { 1: "Write a name." } });
  const [first, second] = inputs();
  assert.deepEqual([first?.getAttribute("aria-invalid"), second?.getAttribute("aria-invalid")], [null, "true"]);
  assert.equal(second?.getAttribute("aria-describedby"), get("[data-testid=field-error]").getAttribute("id"));
});

test("a list that may not be changed has no buttons", async () => {
  await edit(["Cut"], { isReadOnly: true });
  assert.equal(get("fieldset").querySelector("button"), null);
});
