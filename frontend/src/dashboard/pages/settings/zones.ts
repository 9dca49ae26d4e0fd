/** The time zones of the IANA database, found by parts of their names. */

interface Zone {
  name: string;
  /** The place as people write it. */
  place: string;
  /** Such as GMT-5, today. */
  offset: string;
}

export function describeZone(name: string, now: Date = new Date()): Zone {
  const [, ...place] = name.split("/");
  return { name, place: (place.join(", ") || name).replaceAll("_", " "), offset: offsetOf(name, now) };
}

function offsetOf(timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" }).formatToParts(now);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** The names that hold every word of the query, those whose place starts with it first; all of them for an empty query. */
export function searchZones(names: readonly string[], query: string): string[] {
  const words = plain(query).split(" ").filter(Boolean);
  const found = names.filter((name) => words.every((word) => plain(name).includes(word)));
  const starts = (name: string): number => (plain(name.split("/").at(-1) ?? "").startsWith(words.join(" ")) ? 0 : 1);
  return words.length === 0 ? found : found.sort((a, b) => starts(a) - starts(b) || a.localeCompare(b));
}

function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9+-]+/g, " ")
    .trim();
}
