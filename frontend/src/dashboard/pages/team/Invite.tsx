/** Invite somebody: an address and a role. The invitation goes out by mail. */
import { useRef, useState } from "preact/hooks";
import { ApiError, describe } from "../../api/problem.ts";
import { checkEmail } from "../../components/lists.ts";
import { toast } from "../../state/toasts.ts";
import { Button, SelectField, TextField } from "../../ui/index.ts";
import { invite } from "./api.ts";
import type { Member, Role } from "./people.ts";

export function Invite({ onInvited }: { onInvited: (member: Member) => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("staff");
  const [error, setError] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const refuse = (message: string): void => {
    setError(message);
    form.current?.querySelector("input")?.focus();
  };
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    const address = email.trim();
    const problem = address === "" ? "Write the address to invite." : checkEmail(address);
    if (problem) return refuse(problem);
    setIsBusy(true);
    setError("");
    try {
      const member = await invite(address, role);
      onInvited(member);
      setEmail("");
      toast(`An invitation is on its way to ${member.email}.`);
    } catch (reason) {
      refuse((reason instanceof ApiError ? reason.of("email") : undefined) ?? describe(reason));
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <form class="invite" ref={form} noValidate onSubmit={(event) => void send(event)} aria-label="Invite somebody">
      <TextField
        label="Invite by email"
        name="email"
        type="email"
        autocomplete="off"
        maxLength={254}
        placeholder="name@example.com"
        value={email}
        error={error || undefined}
        onInput={(event) => {
          setEmail(event.currentTarget.value);
          setError("");
        }}
      />
      <SelectField
        label="Role"
        name="role"
        value={role}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      >
        <option value="staff" selected={role === "staff"}>
          Staff
        </option>
        <option value="owner" selected={role === "owner"}>
          Owner
        </option>
      </SelectField>
      <Button kind="primary" type="submit" icon="mail" busy={isBusy}>
        Invite
      </Button>
    </form>
  );
}
