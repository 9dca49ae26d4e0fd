/** Invite somebody: an address and a role. The invitation goes out by mail. */
import { useState } from "preact/hooks";
import { checkEmail } from "../../components/lists.ts";
import { toast } from "../../state/toasts.ts";
import { Button, SelectField, TextField } from "../../ui/index.ts";
import { invite } from "./api.ts";
import type { Member, Role } from "./people.ts";
import { useAdding } from "./useAdding.ts";

export function Invite({ onInvited }: { onInvited: (member: Member) => void }) {
  const [role, setRole] = useState<Role>("staff");
  const { form, isBusy, submit, field } = useAdding({
    name: "email",
    check: (address) => (address === "" ? "Write the address to invite." : checkEmail(address)),
    add: async (address) => {
      const member = await invite(address, role);
      onInvited(member);
      toast(`An invitation is on its way to ${member.email}.`);
    },
  });

  return (
    <form class="invite" ref={form} noValidate onSubmit={submit} aria-label="Invite somebody">
      <TextField
        {...field}
        label="Invite by email"
        type="email"
        autocomplete="off"
        maxLength={254}
        placeholder="name@example.com"
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
