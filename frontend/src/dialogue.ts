/** What the chat keeps and how an answer changes it; no page needed. Slots are named as in `POST /api/v1/handoffs`. */

export interface Line {
  readonly from: "assistant" | "visitor";
  readonly text: string;
  /** The language of the assistant's line, where it may differ from the page's. */
  readonly lang?: string;
}

export interface Talk {
  readonly lines: readonly Line[];
  readonly slots: Readonly<Record<string, string>>;
  readonly asking: string | null;
  readonly suggestions: readonly string[];
  /** The visitor's message that has no answer yet. */
  readonly pending: string | null;
  readonly done: boolean;
}

export const NOTHING_SAID: Talk = { lines: [], slots: {}, asking: null, suggestions: [], pending: null, done: false };

/** More than this is not drawn again after a reload. */
const MAX_LINES = 60;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** The talk after the visitor said `text`. */
export function say(talk: Talk, text: string): Talk {
  const lines = [...talk.lines, { from: "visitor", text } as const].slice(-MAX_LINES);
  return { ...talk, lines, suggestions: [], pending: text };
}

/** The body of the call that `talk.pending` waits for. */
export function toBody(talk: Talk): string {
  return JSON.stringify({ message: talk.pending, slots: talk.slots, asking: talk.asking });
}

/** The talk after the answer `body` of `POST /api/v1/assistant/messages`; null when it is no such answer. */
export function hear(talk: Talk, body: unknown, lang: string | null): Talk | null {
  if (!isRecord(body) || !isText(body["reply"]) || !isRecord(body["slots"])) return null;
  const slots = Object.fromEntries(Object.entries(body["slots"]).filter((slot): slot is [string, string] => isText(slot[1])));
  const line: Line = { from: "assistant", text: body["reply"], ...(lang ? { lang } : {}) };
  return {
    lines: [...talk.lines, line].slice(-MAX_LINES),
    slots,
    asking: isText(body["asking"]) ? body["asking"] : null,
    suggestions: Array.isArray(body["suggestions"]) ? body["suggestions"].filter(isText) : [],
    pending: null,
    done: body["done"] === true,
  };
}

/** The slots whose value the last answer changed, to be shown in the form. */
export function changedSlots(before: Talk, after: Talk): [string, string][] {
  const names = new Set([...Object.keys(before.slots), ...Object.keys(after.slots)]);
  return [...names]
    .map((name): [string, string] => [name, after.slots[name] ?? ""])
    .filter(([name, value]) => value !== (before.slots[name] ?? ""));
}

/** A talk as it was stored; nothing said where that cannot be read. */
export function readTalk(stored: string | null): Talk {
  try {
    const talk = JSON.parse(stored ?? "null") as Talk | null;
    return talk && Array.isArray(talk.lines) && isRecord(talk.slots) ? { ...NOTHING_SAID, ...talk } : NOTHING_SAID;
  } catch {
    return NOTHING_SAID;
  }
}
