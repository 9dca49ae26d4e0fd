/** Who may do what to whom on the team page. The API has the last word; this explains it beforehand. */

export type Role = "owner" | "staff";

export interface Member {
  id: number;
  email: string;
  role: Role;
  active: boolean;
  state: "active" | "invited" | "deactivated";
  lastLoginAt: string | null;
  createdAt: string;
  you: boolean;
}

export const LAST_OWNER = "The business needs an active owner. Make somebody else an owner first.";

/** Whether the business would have no active owner without this one. */
export function isLastOwner(members: readonly Member[], member: Member): boolean {
  const others = members.filter((each) => each.id !== member.id);
  return isActiveOwner(member) && !others.some(isActiveOwner);
}

function isActiveOwner(member: Member): boolean {
  return member.role === "owner" && member.state === "active";
}

export const STATE_LABELS: Record<Member["state"], string> = {
  active: "Active",
  invited: "Invited",
  deactivated: "Deactivated",
};
