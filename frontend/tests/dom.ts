/** As much of a page's tree as Preact draws into. An event reaches its element alone: nothing bubbles. */
import type { ComponentChild, ContainerNode } from "preact";
import { options, render } from "preact";

import { settle } from "./browser.ts";

class TextNode {
  readonly nodeType = 3;
  parentNode: Element | null = null;
  data: string;

  constructor(data: string) {
    this.data = data;
  }

  get nextSibling(): Child | null {
    return after(this);
  }
  get textContent(): string {
    return this.data;
  }
  remove(): void {
    detach(this);
  }
}

export class Element extends EventTarget {
  readonly nodeType = 1;
  readonly namespaceURI = "http://www.w3.org/1999/xhtml";
  readonly localName: string;
  readonly attributes = new Map<string, string>();
  readonly style: Record<string, string> = {};
  readonly childNodes: Child[] = [];
  parentNode: Element | null = null;
  value = "";
  checked = false;
  isModal = false;

  constructor(localName: string) {
    super();
    this.localName = localName;
  }

  get firstChild(): Child | null {
    return this.childNodes[0] ?? null;
  }
  get nextSibling(): Child | null {
    return after(this);
  }
  get textContent(): string {
    return this.childNodes.map((child) => child.textContent).join("");
  }
  get isConnected(): boolean {
    return this === body || (this.parentNode?.isConnected ?? false);
  }
  get disabled(): boolean {
    return this.attributes.has("disabled") || (this.parentNode?.localName === "fieldset" && this.parentNode.disabled);
  }
  set disabled(isOff: boolean) {
    if (isOff) this.attributes.set("disabled", "");
    else this.attributes.delete("disabled");
  }

  insertBefore(child: Child, next: Child | null): void {
    detach(child);
    const at = next ? this.childNodes.indexOf(next) : this.childNodes.length;
    this.childNodes.splice(at, 0, child);
    child.parentNode = this;
  }
  remove(): void {
    detach(this);
  }
  setAttribute(name: string, value: unknown): void {
    this.attributes.set(name, String(value));
  }
  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }
  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }
  contains(other: unknown): boolean {
    return this === other || this.childNodes.some((child) => child instanceof Element && child.contains(other));
  }
  focus(): void {
    if (this.isConnected && !this.disabled) focused = this;
  }
  select(): void {}
  showModal(): void {
    this.isModal = true;
  }
  closest(tag: string): Element | null {
    return this.localName === tag ? this : (this.parentNode?.closest(tag) ?? null);
  }
  /** Tags, `.class`, `[name]` and `[name=value]`; one inside another by a blank, several by commas. */
  querySelectorAll(selector: string): Element[] {
    const wanted = selector.split(",").map((each) => each.trim().split(" "));
    const inside = this.childNodes.filter((child) => child instanceof Element);
    return inside.flatMap((child) => [
      ...(wanted.some((path) => child.fits(path)) ? [child] : []),
      ...child.querySelectorAll(selector),
    ]);
  }
  private fits(path: string[]): boolean {
    const last = path.at(-1) ?? "";
    const found = /^([a-z0-9]*)(?:\.([\w-]+))?(?:\[([\w-]+)(?:="?([^"\]]*)"?)?\])?$/.exec(last);
    if (!found) throw new Error(`No such selector: ${last}`);
    const [, tag, className, name, value] = found;
    if (tag && this.localName !== tag) return false;
    if (className && !this.getAttribute("class")?.split(" ").includes(className)) return false;
    if (name && !(this.attributes.has(name) && (value === undefined || this.getAttribute(name) === value))) return false;
    const outer = path.slice(0, -1);
    for (let at = this.parentNode; outer.length > 0; at = at.parentNode) {
      if (!at) return false;
      if (at.fits(outer)) return true;
    }
    return true;
  }
  querySelector(selector: string): Element | null {
    return this.querySelectorAll(selector)[0] ?? null;
  }
}

type Child = Element | TextNode;

function after(child: Child): Child | null {
  const all = child.parentNode?.childNodes ?? [];
  return all[all.indexOf(child) + 1] ?? null;
}

function detach(child: Child): void {
  const all = child.parentNode?.childNodes;
  all?.splice(all.indexOf(child), 1);
  child.parentNode = null;
  if (child instanceof Element && child.contains(focused)) focused = body;
}

const body = new Element("body");
let focused = body;

Object.defineProperty(document, "activeElement", { get: () => focused });
Object.assign(document, {
  body,
  createElementNS: (_namespace: string, name: string) => new Element(name),
  createTextNode: (data: string) => new TextNode(data),
});
/** `instanceof` tells a button by its tag. */
const HTMLButtonElement = { [Symbol.hasInstance]: (it: unknown) => it instanceof Element && it.localName === "button" };
Object.assign(globalThis, { HTMLElement: Element, Node: Element, HTMLButtonElement });

// Effects run after a paint; here that is the next turn.
(options as { requestAnimationFrame?: (run: () => void) => void }).requestAnimationFrame = (run) => setImmediate(run);

/** What has the focus. */
export const focus = (): Element => focused;

/** Draws in place of what was drawn before, and waits for what that sets off. */
export async function draw(what: ComponentChild): Promise<Element> {
  await doing(() => render(what, body as unknown as ContainerNode));
  return body;
}

/** Does something, and waits for what that sets off. */
export async function doing(work: () => unknown): Promise<void> {
  work();
  await settle();
  await settle();
}

/** The one element of a selector, by its words where there are several. */
export function get(selector: string, text = ""): Element {
  const found = body.querySelectorAll(selector).filter((each) => each.textContent.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} of ${selector} with “${text}” in: ${body.textContent}`);
  return found[0]!;
}

export async function happen(element: Element, type: string, more: object = {}): Promise<Event> {
  const event = Object.assign(new Event(type, { cancelable: true }), more);
  await doing(() => element.dispatchEvent(event));
  return event;
}

/** Press a button by its words; one that is off takes no press. */
export async function press(text: string): Promise<void> {
  const button = get("button", text);
  if (button.disabled) throw new Error(`“${text}” is off`);
  await happen(button, "click");
}

export async function type(field: Element, value: string): Promise<void> {
  field.value = value;
  await happen(field, "input");
}
