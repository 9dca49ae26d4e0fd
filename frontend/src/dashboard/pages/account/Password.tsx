/** Change your password: the one you have, and the new one. */
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { ApiError, describe } from "../../api/problem.ts";
import { announce } from "../../state/announcer.ts";
import { boot } from "../../boot.ts";
import { Button, Card, CheckField, Icon, TextField } from "../../ui/index.ts";

const EMPTY = { currentPassword: "", newPassword: "" };

export function Password() {
  const [draft, setDraft] = useState(EMPTY);
  const [errors, setErrors] = useState<Partial<typeof EMPTY>>({});
  const [failure, setFailure] = useState("");
  const [isShown, setIsShown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [errors]);

  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setFailure("");
    setIsSaved(false);
    const found: Partial<typeof EMPTY> = {
      ...(draft.currentPassword === "" && { currentPassword: "Write the password you have now." }),
      ...(draft.newPassword === "" && { newPassword: "Write a new password." }),
    };
    if (Object.keys(found).length > 0) return setErrors(found);
    setIsBusy(true);
    try {
      await call("POST /me/password", { body: draft });
      setDraft(EMPTY);
      setErrors({});
      setIsSaved(true);
      announce("Password changed. You are logged out everywhere else.");
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : [];
      if (fields.length > 0) setErrors(Object.fromEntries(fields.map((each) => [each.field, each.message])));
      else setFailure(describe(error));
    } finally {
      setIsBusy(false);
    }
  };
  const type = (change: Partial<typeof EMPTY>): void => {
    setDraft({ ...draft, ...change });
    setIsSaved(false);
  };
  const kind = isShown ? "text" : "password";

  return (
    <Card title="Password">
      <form
        class="stack"
        ref={form}
        noValidate
        onSubmit={(event) => void save(event)}
        aria-label="Change your password"
      >
        {/* Tells password managers whose password this is. */}
        <input
          class="off"
          type="email"
          name="username"
          autocomplete="username"
          value={boot.email}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <TextField
          label="Current password"
          name="currentPassword"
          type={kind}
          autocomplete="current-password"
          value={draft.currentPassword}
          error={errors.currentPassword}
          onInput={(event) => type({ currentPassword: event.currentTarget.value })}
        />
        <TextField
          label="New password"
          name="newPassword"
          type={kind}
          autocomplete="new-password"
          hint="A few words in a row are easy to remember and hard to guess. You are logged out everywhere else."
          value={draft.newPassword}
          error={errors.newPassword}
          onInput={(event) => type({ newPassword: event.currentTarget.value })}
        />
        <CheckField
          label="Show the passwords"
          checked={isShown}
          onChange={(event) => setIsShown(event.currentTarget.checked)}
        />
        {failure && (
          <p class="error" role="alert">
            {failure}
          </p>
        )}
        <footer class="save-bar">
          <Button kind="primary" type="submit" busy={isBusy}>
            Change the password
          </Button>
          {isSaved && (
            <p class="saved" data-testid="password-saved">
              <Icon name="check" />
              Changed
            </p>
          )}
        </footer>
      </form>
    </Card>
  );
}
