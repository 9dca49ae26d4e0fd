/** Small texts about a handoff. */
import type { HandoffOut } from "../../../.generated/openapi";

/** What stands for somebody whose personal data was erased. */
const ERASED = "Erased";

export function nameOf(item: Pick<HandoffOut, "customerName">): string {
  return item.customerName || ERASED;
}

/** An E.164 number in groups: North American ones as people there write them, others after their first digits. */
export function formatPhone(phone: string): string {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone);
  if (american) return `(${american[1]}) ${american[2]}-${american[3]}`;
  return phone.replace(/^(\+\d{2})(\d{3})(\d+)$/, "$1 $2 $3");
}

/** The link that starts a mail to an address a visitor typed: nothing in it names further people or a text. */
export function mailTo(address: string): string {
  return `mailto:${encodeURIComponent(address).replace("%40", "@")}`;
}

export function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** The link of this handoff: the provider's page with its reference, else our own page that says how to go on. */
export function linkOf(item: Pick<HandoffOut, "id" | "externalBookingUrlUsed">, origin: string): string {
  return item.externalBookingUrlUsed ?? `${origin}/handoff/${item.id}`;
}

export function attributionOf(item: Pick<HandoffOut, "metadata">): [string, string][] {
  const given: unknown = item.metadata["attribution"];
  if (typeof given !== "object" || given === null) return [];
  return Object.entries(given).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "",
  );
}

/** Where a visitor came from, in a word or two: the campaign's source, else the page. */
export function sourceOf(item: Pick<HandoffOut, "sourcePage" | "metadata">): string {
  const source = attributionOf(item).find(([name]) => name === "utm_source")?.[1];
  return source ?? item.sourcePage ?? "";
}

/** "med-spa" as people write it. */
export function industryName(slug: string): string {
  return slug ? slug.charAt(0).toUpperCase() + slug.slice(1).replaceAll("-", " ") : "";
}
