/** The booking settings as the API gives them, and what of them is edited. */
import type { LinkHealth } from "./LinkHealth.tsx";

export interface BookingSettings {
  bookingMode: "internal" | "external";
  externalBookingProviderName: string;
  externalBookingUrl: string;
  externalBookingEmbedMode: "redirect" | "iframe";
  externalBookingDisclaimer: string;
  externalBookingUtmSource: string;
  externalBookingUtmCampaign: string;
  provider: { id: string; label: string } | null;
  linkHealth?: LinkHealth;
  frameCheck: { result: "unknown" | "allowed" | "refused"; checkedAt: string | null; reason: string | null };
}

export const FIELDS = [
  "bookingMode",
  "externalBookingProviderName",
  "externalBookingUrl",
  "externalBookingEmbedMode",
  "externalBookingDisclaimer",
  "externalBookingUtmSource",
  "externalBookingUtmCampaign",
] as const;

export type BookingDraft = Pick<BookingSettings, (typeof FIELDS)[number]>;
