/** A section of the settings: some fields of a stored record, what was typed over them, and saving just that. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, describe } from "../../api/problem.ts";
import { markUnsaved } from "../../components/unsaved.ts";
import { announce } from "../../state/announcer.ts";
import { createStore, useStore } from "../../state/store.ts";
import { type Conflict, findConflict, isSame, listChanged, pick } from "./draft.ts";

export interface Stored<T> {
  value: T;
  etag: string | undefined;
}

/** A record of the API with its ETag. */
export interface Source<T extends object> {
  stored: Stored<T>;
  read(): Promise<Stored<T>>;
  /** Throws ApiError 412 when somebody saved since `etag`. */
  write(value: T, etag: string | undefined): Promise<Stored<T>>;
  replace(stored: Stored<T>): void;
}

interface State<P> {
  /** What the draft started from. */
  start: P;
  draft: P;
}

/** Drafts outlive the page: who goes back in the browser's history finds what was typed. */
const kept = new Map<string, State<object>>();

/** Counts how often all drafts were dropped: sections that are still drawn then start anew, too. */
const drops = createStore(0);

export function dropDrafts(): void {
  for (const id of kept.keys()) markUnsaved(id, false);
  kept.clear();
  drops.set(drops.get() + 1);
}

/** The section that saved last, until something in it is changed. */
const lastSaved = createStore("");

export interface Section<P extends object> {
  draft: P;
  set(changes: Partial<P>): void;
  isChanged: boolean;
  isBusy: boolean;
  isSaved: boolean;
  /** Messages by field; those of a list's entry as `services.2`. */
  errors: Readonly<Record<string, string>>;
  failure: string | null;
  conflict: Conflict<P> | null;
  /** My version, where theirs was taken. */
  aside: P | null;
  /** Counts the attempts that failed by a field: then the first such field is to be focused. */
  refusals: number;
  save(): Promise<void>;
  discard(): void;
  keepMine(): Promise<void>;
  takeTheirs(): void;
  bringBack(): void;
}

interface Given<T extends object, K extends keyof T> {
  id: string;
  record: Source<T>;
  fields: readonly K[];
  /** Messages by field; empty where the draft can be sent. */
  check?: (draft: Pick<T, K>) => Record<string, string>;
}

export function useSection<T extends object, K extends keyof T & string>(given: Given<T, K>): Section<Pick<T, K>> {
  type P = Pick<T, K>;
  const { id, record, fields, check } = given;
  const base = pick(record.stored.value, fields);
  const [state, setState] = useState<State<P>>(
    () => (kept.get(id) as State<P> | undefined) ?? { start: base, draft: base },
  );
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [conflict, setConflict] = useState<(Conflict<P> & { theirs: Stored<T> }) | null>(null);
  const [aside, setAside] = useState<P | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [refusals, setRefusals] = useState(0);
  const isSaved = useStore(lastSaved) === id;

  // The page stays until the next one's chunk is here.
  const dropped = useStore(drops);
  const seen = useRef(dropped);
  if (seen.current !== dropped) {
    seen.current = dropped;
    setState({ start: base, draft: base });
  }

  // Another section saved, or the record was read again: what I did not touch follows.
  const { start, draft } = isSame(state.start, base)
    ? state
    : { start: base, draft: findConflict(state.start, state.draft, base).merged };
  const latest = useRef(draft);
  latest.current = draft;

  const isChanged = listChanged(start, draft).length > 0;
  useEffect(() => {
    if (isChanged) kept.set(id, { start, draft });
    else kept.delete(id);
    markUnsaved(id, isChanged);
  });

  const refuse = (found: Record<string, string>): void => {
    setErrors(found);
    setRefusals((count) => count + 1);
  };

  const send = async (sent: P, from: P, stored: Stored<T>): Promise<void> => {
    try {
      const saved = await record.write({ ...stored.value, ...sent }, stored.etag);
      const next = pick(saved.value, fields);
      // What was typed while it was on its way stays.
      setState({ start: next, draft: findConflict(sent, latest.current, next).merged });
      record.replace(saved);
      setErrors({});
      setConflict(null);
      setAside(null);
      lastSaved.set(id);
      announce("Saved.");
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const theirs = await record.read();
      const found = findConflict(from, sent, pick(theirs.value, fields));
      // They changed other things: both changes can stand.
      if (found.differences.length === 0) await send(found.merged, pick(theirs.value, fields), theirs);
      else setConflict({ ...found, theirs });
    }
  };

  const attempt = async (sent: P, from: P, stored: Stored<T>): Promise<void> => {
    if (isBusy) return;
    setFailure(null);
    const found = check?.(sent) ?? {};
    if (Object.keys(found).length > 0) return refuse(found);
    setIsBusy(true);
    try {
      await send(sent, from, stored);
    } catch (error) {
      const byField = error instanceof ApiError ? error.fields : [];
      if (byField.length > 0) refuse(Object.fromEntries(byField.map((each) => [each.field, each.message])));
      if (byField.length === 0 || !byField.some((each) => fields.some((field) => isOf(each.field, field)))) {
        setFailure(describe(error));
      }
    } finally {
      setIsBusy(false);
    }
  };

  return {
    draft,
    set(changes) {
      const next = { ...latest.current, ...changes };
      latest.current = next;
      setState({ start, draft: next });
      setErrors((before) => without(before, Object.keys(changes)));
      if (lastSaved.get() === id) lastSaved.set("");
    },
    isChanged,
    isBusy,
    isSaved: isSaved && !isChanged,
    errors,
    failure,
    conflict,
    aside,
    refusals,
    save: () => attempt(draft, start, record.stored),
    discard() {
      setState({ start, draft: start });
      setErrors({});
      setFailure(null);
      setConflict(null);
    },
    async keepMine() {
      if (conflict === null) return;
      const { merged, theirs } = conflict;
      const from = pick(theirs.value, fields);
      setState({ start: from, draft: merged });
      setConflict(null);
      record.replace(theirs);
      await attempt(merged, from, theirs);
    },
    takeTheirs() {
      if (conflict === null) return;
      const from = pick(conflict.theirs.value, fields);
      setAside(draft);
      setState({ start: from, draft: from });
      setErrors({});
      setConflict(null);
      record.replace(conflict.theirs);
    },
    bringBack() {
      if (aside === null) return;
      setState({ start, draft: aside });
      setAside(null);
    },
  };
}

/** Whether a message for `services.2` or `services` belongs to a field. */
export function isOf(name: string, field: string): boolean {
  return name === field || name.startsWith(`${field}.`);
}

function without(errors: Record<string, string>, fields: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).filter(([name]) => !fields.some((field) => isOf(name, field))));
}
