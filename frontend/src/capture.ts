/**
 * The rules of the capture form that need no page: what is sent, under which key, what an answer means, and what a tap on a
 * quick pick writes. Field names are those of `POST /api/v1/handoffs`.
 */

/** The text fields, in the order of the page: the first one with an error gets the focus. */
export const TEXT_FIELDS = [
  "requestedService",
  "preferredDateTimeText",
  "customerName",
  "customerPhone",
  "customerEmail",
  "notes",
] as const;

export type TextField = (typeof TEXT_FIELDS)[number];
export type Values = Record<TextField, string>;

/** What the page knows besides what the visitor types. */
export interface Extras {
  readonly sourcePage: string;
  readonly attribution: Readonly<Record<string, string>>;
  /** null where the page shows no such checkbox. */
  readonly shareDetails: boolean | null;
  readonly honeypot: string;
}

export interface FieldError {
  readonly field: string;
  readonly message: string;
  readonly code: string;
}

export type Outcome =
  | { readonly kind: "done"; readonly id: string }
  | { readonly kind: "invalid"; readonly errors: readonly FieldError[] }
  | { readonly kind: "reusedKey" }
  | {
      readonly kind: "failed";
      readonly reason: "busy" | "error";
      /** The provider's link the answer carried, https only. */
      readonly url: string | null;
      /** True when the server surely kept nothing of this attempt. */
      readonly refused: boolean;
    };

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The JSON body as text. Empty optional fields are left out: an empty e-mail address is no e-mail address. */
export function buildBody(values: Values, extras: Extras): string {
  const body: Record<string, unknown> = {};
  for (const field of TEXT_FIELDS) {
    const value = values[field].trim();
    if (value) body[field] = value;
  }
  if (extras.sourcePage) body["sourcePage"] = extras.sourcePage;
  const attribution = Object.entries(extras.attribution).filter(([, value]) => value);
  if (attribution.length) body["attribution"] = Object.fromEntries(attribution);
  if (extras.shareDetails !== null) body["shareDetailsWithProvider"] = extras.shareDetails;
  // Sent only when something filled it, so that the server can flag the row as it does for the plain form.
  if (extras.honeypot) body["website"] = extras.honeypot;
  return JSON.stringify(body);
}

/** The fields a visitor left out, in page order; the server judges everything else. */
export function findMissing(values: Values): TextField[] {
  const empty = (field: TextField): boolean => !values[field].trim();
  const missing: TextField[] = (
    ["requestedService", "preferredDateTimeText", "customerName"] as const
  ).filter(empty);
  if (empty("customerPhone") && empty("customerEmail")) missing.push("customerPhone");
  return missing;
}

/** A random UUID (version 4) that also works where the page is not a secure context, unlike crypto.randomUUID. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * The key to send `body` under. `sent` is the body that may have been stored under `key` (null: none).
 * The same body keeps its key, so a retry never makes a second handoff; another body needs another key.
 */
export function keyFor(key: string, sent: string | null, body: string): string {
  return UUID.test(key) && (sent === null || sent === body) ? key : makeKey();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function readErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((error) => ({
    // `body.customerName` and `customerName` mean the same field.
    field: String(error["field"] ?? "").split(".").pop() ?? "",
    message: String(error["message"] ?? ""),
    code: String(error["code"] ?? ""),
  }));
}

/** What an answer of `POST /api/v1/handoffs` means for the visitor. `body` is the parsed JSON, or null when it was none. */
export function readAnswer(status: number, body: unknown): Outcome {
  const answer = isRecord(body) ? body : {};
  const id = answer["id"];
  if (status >= 200 && status < 300 && typeof id === "string" && UUID.test(id)) {
    return { kind: "done", id };
  }
  if (status === 422) {
    const errors = readErrors(answer["errors"]);
    if (errors.some((error) => /idempotency/i.test(error.field + error.code))) return { kind: "reusedKey" };
    if (errors.length) return { kind: "invalid", errors };
  }
  const booking = answer["booking"];
  const url = isRecord(booking) ? booking["url"] : null;
  return {
    kind: "failed",
    reason: status === 429 ? "busy" : "error",
    url: typeof url === "string" && /^https:\/\//i.test(url) ? url : null,
    refused: status >= 400 && status < 500,
  };
}

function findWord(words: readonly string[], text: string, atEnd: boolean): string {
  const lower = text.toLowerCase();
  return (
    words.find((word) => {
      const w = word.toLowerCase();
      if (lower === w) return true;
      return atEnd ? lower.endsWith(` ${w}`) : lower.startsWith(`${w} `);
    }) ?? ""
  );
}

/** The day and the part of the day that a time phrase starts and ends with, and what is between; "" for none. */
export function splitPhrase(
  text: string,
  days: readonly string[],
  parts: readonly string[],
): { day: string; rest: string; part: string } {
  let rest = text.trim();
  const day = findWord(days, rest, false);
  rest = rest.slice(day.length).trim();
  const part = findWord(parts, rest, true);
  rest = rest.slice(0, rest.length - part.length).trim();
  return { day, rest, part };
}

/** The phrase after a tap on the quick pick `word`: set, swapped or, on a second tap, taken out. Typed words stay. */
export function togglePick(
  text: string,
  word: string,
  days: readonly string[],
  parts: readonly string[],
): string {
  const phrase = splitPhrase(text, days, parts);
  if (days.includes(word)) phrase.day = phrase.day === word ? "" : word;
  else phrase.part = phrase.part === word ? "" : word;
  const next = [phrase.day, phrase.rest, phrase.part].filter(Boolean).join(" ");
  return next.charAt(0).toUpperCase() + next.slice(1);
}
