/** Who can log in: inviting, roles, deactivating, removing. */
import { useEffect, useRef, useState } from "preact/hooks";
import { describe } from "../../api/problem.ts";
import { useResource } from "../../state/resource.ts";
import { toast } from "../../state/toasts.ts";
import { Ask, Badge, Card, type Column, Menu, type MenuItem, Time } from "../../ui/index.ts";
import { changeMember, readTeam, removeMember, sendInvitation } from "./api.ts";
import { Invite } from "./Invite.tsx";
import { Listing } from "./Listing.tsx";
import { isLastOwner, LAST_OWNER, type Member, type Role, STATE_LABELS } from "./people.ts";

const TONES = { active: "good", invited: "warm", deactivated: "plain" } as const;

type Question = { kind: "deactivate" | "remove"; member: Member };

/** `onSettled` is told once whether the people are there or cannot be had. */
export function People({ onSettled }: { onSettled: (isSettled: boolean) => void }) {
  const team = useResource("team", readTeam);
  const [question, setQuestion] = useState<Question | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const members = team.data?.items ?? [];
  const isSettled = team.data !== undefined || Boolean(team.error);
  useEffect(() => {
    if (isSettled) onSettled(true);
  }, [isSettled]);

  const put = (member: Member): void =>
    team.replace({ items: members.map((each) => (each.id === member.id ? member : each)) });

  /** Do it and say so; what went wrong is said too. */
  const act = async (done: string, action: () => Promise<void>): Promise<void> => {
    setIsBusy(true);
    try {
      await action();
      toast(done);
    } catch (error) {
      toast(describe(error), { tone: "bad" });
      team.reload(); // somebody else may have changed the team
    } finally {
      setIsBusy(false);
      setQuestion(null);
    }
  };
  const change = (member: Member, body: { role?: Role; active?: boolean }, done: string): Promise<void> =>
    act(done, async () => put(await changeMember(member, body)));
  const resend = (member: Member): Promise<void> =>
    act(`A new invitation is on its way to ${member.email}.`, () => sendInvitation(member));
  const remove = (member: Member): Promise<void> =>
    act(`${member.email} was removed.`, async () => {
      await removeMember(member);
      team.replace({ items: members.filter((each) => each.id !== member.id) });
      box.current?.focus();
    });

  const listActions = (member: Member): MenuItem[] => [
    ...(member.state === "invited"
      ? [{ label: "Send the invitation again", icon: "mail" as const, onSelect: () => void resend(member) }]
      : []),
    member.state === "deactivated"
      ? {
          label: "Reactivate",
          icon: "undo",
          onSelect: () => void change(member, { active: true }, `${member.email} can log in again.`),
        }
      : { label: "Deactivate", icon: "close", onSelect: () => setQuestion({ kind: "deactivate", member }) },
    { label: "Remove", icon: "trash", tone: "danger", onSelect: () => setQuestion({ kind: "remove", member }) },
  ];

  const columns: Column<Member>[] = [
    {
      key: "email",
      header: "Person",
      cell: (member) => (
        <span class="person">
          <bdi>{member.email}</bdi>
          {member.you && <Badge>You</Badge>}
        </span>
      ),
    },
    {
      key: "role",
      header: "Role",
      cell: (member) => (
        <RoleCell
          member={member}
          isLast={isLastOwner(members, member)}
          isBusy={isBusy}
          onChange={(role) =>
            void change(member, { role }, `${member.email} is now ${role === "owner" ? "an owner" : "staff"}.`)
          }
        />
      ),
    },
    {
      key: "state",
      header: "State",
      cell: (member) => <Badge tone={TONES[member.state]}>{STATE_LABELS[member.state]}</Badge>,
    },
    {
      key: "login",
      header: "Last login",
      cell: (member) => (member.lastLoginAt ? <Time at={member.lastLoginAt} /> : "Never"),
    },
    {
      key: "actions",
      header: "Actions",
      hideHeader: true,
      align: "end",
      cell: (member) =>
        isLastOwner(members, member) ? null : (
          <Menu label={`Actions for ${member.email}`} items={listActions(member)} />
        ),
    },
  ];

  return (
    <Card title="People">
      <Invite onInvited={(member) => (team.data ? team.replace({ items: [...members, member] }) : team.reload())} />
      <Listing
        resource={team}
        box={box}
        caption="People who can log in"
        columns={columns}
        testId="team-row"
        lines={3}
      />
      {question && (
        <Ask
          title={
            question.kind === "remove" ? `Remove ${question.member.email}?` : `Deactivate ${question.member.email}?`
          }
          action={question.kind === "remove" ? "Remove" : "Deactivate"}
          busy={isBusy}
          onAction={() =>
            void (question.kind === "remove"
              ? remove(question.member)
              : change(question.member, { active: false }, `${question.member.email} can no longer log in.`))
          }
          onClose={() => setQuestion(null)}
        >
          <p>
            {question.kind === "remove"
              ? "They are logged out everywhere and cannot come back without a new invitation. What they did stays in the timelines."
              : "They are logged out everywhere and cannot log in until you reactivate them."}
            {question.member.you && " This is you: you will be logged out."}
          </p>
        </Ask>
      )}
    </Card>
  );
}

interface RoleProps {
  member: Member;
  isLast: boolean;
  isBusy: boolean;
  onChange: (role: Role) => void;
}

function RoleCell({ member, isLast, isBusy, onChange }: RoleProps) {
  if (isLast) {
    return (
      <span>
        Owner
        <small class="reason">{LAST_OWNER}</small>
      </span>
    );
  }
  return (
    <select
      class="small"
      aria-label={`Role of ${member.email}`}
      value={member.role}
      disabled={isBusy}
      onChange={(event) => {
        const role = event.currentTarget.value as Role;
        if (role !== member.role) onChange(role);
      }}
    >
      <option value="owner" selected={member.role === "owner"}>
        Owner
      </option>
      <option value="staff" selected={member.role === "staff"}>
        Staff
      </option>
    </select>
  );
}
