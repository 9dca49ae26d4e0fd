/** Lists people put in order: services, addresses, sites. */

export const MAX_SERVICES = 60;
const MAX_SERVICE_LENGTH = 120;
export const MAX_ORIGINS = 20;

/** The list with one item taken out and put in elsewhere; a place outside the list is its end. */
export function move<T>(list: readonly T[], from: number, to: number): T[] {
  const changed = [...list];
  const [item] = changed.splice(from, 1);
  if (item === undefined) return changed;
  changed.splice(Math.max(0, Math.min(to, changed.length)), 0, item);
  return changed;
}

export function replaceAt<T>(list: readonly T[], at: number, item: T): T[] {
  return list.map((each, index) => (index === at ? item : each));
}

export function removeAt<T>(list: readonly T[], at: number): T[] {
  return list.filter((_, index) => index !== at);
}

/** What is wrong with each entry, by its place: empty or there twice, whatever the case of its letters. */
export function findListProblems(
  list: readonly string[],
  check: (entry: string) => string | null,
): Record<number, string> {
  const problems: Record<number, string> = {};
  const seen = new Set<string>();
  list.forEach((entry, index) => {
    const plain = entry.trim().toLowerCase();
    const problem = check(entry.trim()) ?? (seen.has(plain) ? "This is in the list already." : null);
    if (problem !== null) problems[index] = problem;
    seen.add(plain);
  });
  return problems;
}

export function checkService(name: string): string | null {
  if (name === "") return "Write a name, or remove the line.";
  return name.length > MAX_SERVICE_LENGTH ? `Use at most ${MAX_SERVICE_LENGTH} characters.` : null;
}

export function checkEmail(address: string): string | null {
  if (address === "") return "Write the address, or remove the line.";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address) ? null : "Write an email address such as you@example.com.";
}

/** The origin of whatever address of a site was pasted; the text itself where it has none. */
export function toOrigin(text: string): string {
  const typed = text.trim();
  if (typed === "") return "";
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
    return url.protocol === "https:" || url.protocol === "http:" ? url.origin : typed;
  } catch {
    return typed;
  }
}

export function checkOrigin(text: string): string | null {
  if (text === "") return "Write the site’s address, or remove the line.";
  const isPlain = /^https:\/\/[^/?#@\s]+\.[^/?#@\s]+$|^http:\/\/(127\.0\.0\.1|([^/?#@\s]+\.)?localhost)(:\d+)?$/.test(
    text,
  );
  return isPlain ? null : "Write https:// and the site’s full name, such as https://www.example.com.";
}
