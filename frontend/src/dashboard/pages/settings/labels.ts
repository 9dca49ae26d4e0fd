/** What the settings and their values are called. */
import type { HoursLine } from "./hours.ts";
import { DAY_LABELS } from "./hours.ts";

export const LABELS: Readonly<Record<string, string>> = {
  bookingMode: "How booking works",
  externalBookingProviderName: "Provider name",
  externalBookingUrl: "Address of the booking page",
  externalBookingEmbedMode: "Where it opens",
  externalBookingDisclaimer: "Note for visitors",
  externalBookingUtmSource: "UTM source",
  externalBookingUtmCampaign: "UTM campaign",
  businessName: "Name",
  industry: "Industry",
  phone: "Phone",
  email: "Email",
  address: "Address",
  hours: "Opening hours",
  services: "Services",
  brandColour: "Brand colour",
  timeZone: "Time zone",
  region: "Country",
  language: "Language",
  abandonAfterHours: "Abandoned after",
  retentionDays: "Kept for",
  newHandoff: "New requests",
  dailySummary: "A summary each morning",
  notificationEmails: "Notified by email",
  allowedOrigins: "Sites that show the form",
};

const VALUES: Readonly<Record<string, string>> = {
  internal: "Requests only",
  external: "On a booking page",
  redirect: "On its own page",
  iframe: "In a frame on our page",
  each: "A mail for each, at once",
  hourly: "One mail an hour",
  off: "No mails",
  en: "English",
  es: "Español",
};

/** A value of a setting in words, to compare two of them. */
export function inWords(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "Empty";
  if (Array.isArray(value)) return value.length === 0 ? "None" : value.map((each) => entryInWords(each)).join(", ");
  if (field === "abandonAfterHours") return `${String(value)} hours`;
  if (field === "retentionDays") return `${String(value)} days`;
  const text = String(value);
  return VALUES[text] ?? text;
}

function entryInWords(entry: unknown): string {
  if (typeof entry === "string") return entry;
  const { day, opens, closes } = entry as HoursLine;
  return `${DAY_LABELS[day]} ${opens} – ${closes}`;
}
