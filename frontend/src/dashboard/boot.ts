/** What the server knew when it sent the page: who is here, and where "here" is. */

export type Role = "owner" | "staff" | "support";

interface Boot {
  email: string;
  role: Role;
  businessName: string;
  /** IANA name; every moment is shown in it. */
  timeZone: string;
  /** The language of the business's own pages. The dashboard itself speaks English. */
  language: string;
  /** The absolute address visitors ask at. */
  bookingUrl: string;
  csrf: string;
  /** Of a support session: what it may, how long it lasts still, and where it came from. */
  support: { mayWrite: boolean; secondsLeft: number; adminUrl: string } | null;
}

export const boot: Readonly<Boot> = JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as Boot;

export const isOwner = boot.role === "owner";
export const isSupport = boot.role === "support";
/** Whether settings can be saved here: by owners, and by support while an owner lets it. */
export const maySave = isOwner || boot.support?.mayWrite === true;
export const roleName = isOwner ? "Owner" : isSupport ? "Support" : "Staff";
