/** What the server knew when it sent the page: who is here, and where "here" is. */

export type Role = "owner" | "staff";

export interface Boot {
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
}

export const boot: Readonly<Boot> = JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as Boot;

export const isOwner = boot.role === "owner";
