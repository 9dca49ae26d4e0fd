/** The frame of a section: its form, its own save, and what to do when somebody else saved the same. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { maySave } from "../../boot.ts";
import { Button, Icon } from "../../ui/index.ts";
import type { Conflict } from "./draft.ts";
import { inWords, LABELS } from "./labels.ts";
import type { Section } from "./useSection.ts";

interface Props<P extends object> {
  title: string;
  sub?: ComponentChildren;
  section: Section<P>;
  testId?: string;
  children: ComponentChildren;
  /** What stands below the fields and is no field: it stays in use where these are read-only. */
  below?: ComponentChildren;
}

export function SectionForm<P extends object>({ title, sub, section, testId, children, below }: Props<P>) {
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const { conflict, aside, failure, isChanged, isBusy, isSaved, refusals } = section;

  useEffect(() => {
    if (refusals > 0)
      form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-testid=field-error]")?.focus();
  }, [refusals]);

  return (
    <form
      ref={form}
      class="panel section-form"
      data-testid={testId}
      aria-labelledby={id}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void section.save();
      }}
    >
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
      </header>
      {sub && <p class="sub">{sub}</p>}
      {conflict && <ConflictNotice conflict={conflict} section={section} />}
      {aside && (
        <div class="notice" role="status">
          <p>You took what somebody else saved. Your version is set aside.</p>
          <Button onClick={section.bringBack} icon="undo">
            Bring mine back
          </Button>
        </div>
      )}
      <fieldset class="bare" disabled={!maySave}>
        <legend class="vh">{title}</legend>
        {children}
      </fieldset>
      {below}
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
      {maySave && (
        <footer class="save-bar">
          <Button kind="primary" type="submit" busy={isBusy}>
            {isBusy ? "Saving" : "Save"}
          </Button>
          {isChanged && <Button onClick={section.discard}>Discard changes</Button>}
          {isSaved ? (
            <p class="saved" data-testid="settings-saved">
              <Icon name="check" />
              Saved
            </p>
          ) : (
            isChanged && !isBusy && <p class="hint">Not saved yet</p>
          )}
        </footer>
      )}
    </form>
  );
}

function ConflictNotice<P extends object>({ conflict, section }: { conflict: Conflict<P>; section: Section<P> }) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => box.current?.focus(), [conflict]);
  const isContested = conflict.differences.some((each) => each.isContested);
  return (
    <div class="conflict" role="group" aria-labelledby={id} tabIndex={-1} ref={box}>
      <h3 id={id}>
        <Icon name="alert" />
        Changed by someone else
      </h3>
      <p>
        Somebody saved these settings since you opened them, so yours are not saved yet.{" "}
        {isContested ? "Where you both changed the same, choose one." : "You changed other fields; both can stand."}
      </p>
      <div class="scrolling" tabIndex={0} role="region" aria-label="What differs">
        <table class="figures">
          <caption class="vh">What differs</caption>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Saved by someone else</th>
              <th scope="col">Yours</th>
            </tr>
          </thead>
          <tbody>
            {conflict.differences.map(({ field, theirs, mine, isContested: both }) => (
              <tr key={field}>
                <th scope="row">{LABELS[field] ?? field}</th>
                <td>
                  <bdi>{inWords(field, theirs)}</bdi>
                </td>
                <td>{both ? <bdi>{inWords(field, mine)}</bdi> : "Not changed by you"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="choices">
        <Button kind="primary" onClick={() => void section.keepMine()} busy={section.isBusy}>
          {isContested ? "Keep mine and save" : "Keep both and save"}
        </Button>
        <Button onClick={section.takeTheirs}>Use theirs</Button>
      </div>
    </div>
  );
}
