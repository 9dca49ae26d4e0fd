/** The calls about people. A business's people are owners and staff; the description's third role is the platform's. */
import { call } from "../../api/client.ts";
import type { Member, Role } from "./people.ts";

export interface Team {
  items: Member[];
}

export function readTeam(signal: AbortSignal): Promise<Team> {
  return call("GET /team", { signal }) as Promise<Team>;
}

export function invite(email: string, role: Role): Promise<Member> {
  return call("POST /team", { body: { email, role } }) as Promise<Member>;
}

export function sendInvitation(member: Member): Promise<void> {
  return call("POST /team/{member_id}/invitation", { path: { member_id: String(member.id) } });
}

export function changeMember(member: Member, body: { role?: Role; active?: boolean }): Promise<Member> {
  return call("PATCH /team/{member_id}", { path: { member_id: String(member.id) }, body }) as Promise<Member>;
}

export function removeMember(member: Member): Promise<void> {
  return call("DELETE /team/{member_id}", { path: { member_id: String(member.id) } });
}
