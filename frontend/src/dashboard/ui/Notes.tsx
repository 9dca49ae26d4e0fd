/** What stands beside a control, each tied to it by `aria-describedby`: what is wrong with it, and a hint. */
import type { ComponentChildren } from "preact";

export function ErrorNote({ of: id, children }: { of: string; children: string | undefined }) {
  if (!children) return null;
  return (
    <p class="error" id={`${id}-error`} data-testid="field-error">
      {children}
    </p>
  );
}

export function HintNote({ of: id, children }: { of: string; children: ComponentChildren }) {
  if (!children) return null;
  return (
    <p class="hint" id={`${id}-hint`}>
      {children}
    </p>
  );
}

/** The ids of the notes that are there, for `aria-describedby`. */
export function listNotes(id: string, error: unknown, hint?: unknown): string | undefined {
  return [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
}
