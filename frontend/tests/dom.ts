/** A page's tree that Preact draws into, by happy-dom; nothing is laid out and no script of a page runs. */
import { Window } from "happy-dom";
import type { ComponentChild } from "preact";
import { options, render } from "preact";

import { settle } from "./browser.ts";

const page = new Window() as unknown as typeof globalThis.window;
const { body } = page.document;

Object.defineProperty(document, "activeElement", { get: () => page.document.activeElement });
Object.assign(document, {
  body,
  createElementNS: page.document.createElementNS.bind(page.document),
  createTextNode: page.document.createTextNode.bind(page.document),
});
Object.assign(globalThis, {
  HTMLElement: page.HTMLElement,
  HTMLButtonElement: page.HTMLButtonElement,
  Node: page.Node,
});

// Effects run after a paint; here that is the next turn.
(options as { requestAnimationFrame?: (run: () => void) => void }).requestAnimationFrame = (run) => setImmediate(run);

/** What has the focus. */
export const focus = (): Element => page.document.activeElement ?? body;

/** Draws in place of what was drawn before, and waits for what that sets off. */
export async function draw(what: ComponentChild): Promise<Element> {
  await doing(() => render(what, body));
  return body;
}

/** Does something, and waits for what that sets off. */
export async function doing(work: () => unknown): Promise<void> {
  work();
  await settle();
  await settle();
}

/** The elements of a selector, as fields: what is none has no value, and nobody asks. */
export const all = (selector: string, within: Element = body): HTMLInputElement[] => [
  ...within.querySelectorAll<HTMLInputElement>(selector),
];

/** The one element of a selector, by its words where there are several. */
export function get(selector: string, text = ""): HTMLInputElement {
  const found = all(selector).filter((each) => each.textContent.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} of ${selector} with “${text}” in: ${body.textContent}`);
  return found[0]!;
}

/** Something happens at an element; nobody waits for what that sets off. */
export function send(element: Element, type: string, more: object = {}): Event {
  const event = Object.assign(new page.Event(type, { bubbles: true, cancelable: true }), more);
  element.dispatchEvent(event);
  return event;
}

export async function happen(element: Element, type: string, more: object = {}): Promise<Event> {
  let event: Event | undefined;
  await doing(() => (event = send(element, type, more)));
  return event!;
}

/** Press a button by its words; one that is off takes no press. */
export async function press(text: string): Promise<void> {
  const button = get("button", text);
  if (button.disabled || button.closest("fieldset[disabled]")) throw new Error(`“${text}” is off`);
  await happen(button, "click");
}

export async function type(field: HTMLInputElement, value: string): Promise<void> {
  field.value = value;
  await happen(field, "input");
}
