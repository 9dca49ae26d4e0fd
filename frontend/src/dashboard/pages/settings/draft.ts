/** A form over a stored record: what is changed, and what to do when somebody else changed the record meanwhile. */

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The names of the fields that differ. */
export function listChanged<T extends object>(base: T, draft: T): Array<keyof T & string> {
  const names = Object.keys(draft) as Array<keyof T & string>;
  return names.filter((name) => !isSame(base[name], draft[name]));
}

/** A field that somebody else saved while I was typing. */
interface Difference<T extends object> {
  field: keyof T & string;
  theirs: T[keyof T & string];
  mine: T[keyof T & string];
  /** Both of us changed it, to different things: one has to give way. */
  isContested: boolean;
}

export interface Conflict<T extends object> {
  differences: Array<Difference<T>>;
  /** Mine where I changed something, theirs everywhere else. */
  merged: T;
}

/** Lay my changes over what somebody else saved; `base` is what both of us started from. */
export function findConflict<T extends object>(base: T, mine: T, theirs: T): Conflict<T> {
  const touched = new Set(listChanged(base, mine));
  const names = listChanged(base, theirs);
  const differences = names
    .filter((field) => !isSame(mine[field], theirs[field]))
    .map((field) => ({ field, theirs: theirs[field], mine: mine[field], isContested: touched.has(field) }));
  const merged = { ...theirs };
  for (const field of touched) merged[field] = mine[field];
  return { differences, merged };
}

/** Only the named fields of a record: what one section of a page edits of it. */
export function pick<T extends object, K extends keyof T>(record: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, record[name]])) as Pick<T, K>;
}
