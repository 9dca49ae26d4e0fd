/** A label, its control, a hint and an error, tied together for those who cannot see them side by side. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { ErrorNote, HintNote, listNotes } from "./Notes.tsx";

interface Frame {
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: string | undefined;
  /** The label is there for screen readers alone. */
  hideLabel?: boolean;
}

interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": "true" | undefined;
}

/** For controls of your own: `children` gets the attributes that tie the control to its label, hint and error. */
export function Field({
  label,
  hint,
  error,
  hideLabel,
  children,
}: Frame & { children: (wiring: Wiring) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label class={hideLabel ? "vh" : undefined} for={id}>
        {label}
      </label>
      {children({ id, "aria-describedby": listNotes(id, error, hint), "aria-invalid": error ? "true" : undefined })}
      <ErrorNote of={id}>{error}</ErrorNote>
      <HintNote of={id}>{hint}</HintNote>
    </div>
  );
}

/** An element's own attributes. Preact types them by role; spread, they are taken as they come. */
type Bare<Tag extends "input" | "textarea" | "select"> = Omit<JSX.IntrinsicElements[Tag], "label" | "id">;

export function TextField({ label, hint, error, hideLabel, ...rest }: Frame & Bare<"input">) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel ?? false}>
      {(wiring) => <input type="text" {...(rest as object)} {...wiring} />}
    </Field>
  );
}

export function TextArea({ label, hint, error, hideLabel, ...rest }: Frame & Bare<"textarea">) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel ?? false}>
      {(wiring) => <textarea rows={3} {...(rest as object)} {...wiring} />}
    </Field>
  );
}

export function SelectField({ label, hint, error, hideLabel, children, ...rest }: Frame & Bare<"select">) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel ?? false}>
      {(wiring) => (
        <select {...(rest as object)} {...wiring}>
          {children}
        </select>
      )}
    </Field>
  );
}

export function CheckField({ label, hint, error, ...rest }: Omit<Frame, "hideLabel"> & Bare<"input">) {
  const id = useId();
  return (
    <div class="field check">
      <input type="checkbox" {...(rest as object)} id={id} aria-describedby={listNotes(id, error, hint)} />
      <div>
        <label for={id}>{label}</label>
        <HintNote of={id}>{hint}</HintNote>
        <ErrorNote of={id}>{error}</ErrorNote>
      </div>
    </div>
  );
}
