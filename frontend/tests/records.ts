/** Handoffs to try the dashboard with. */
import type { HandoffOut } from "../.generated/openapi.d.ts";

/** A handoff received so many minutes into the year. */
export function handoff(minute: number, more: Partial<HandoffOut> = {}): HandoffOut {
  return {
    id: `id-${String(minute).padStart(4, "0")}`,
    clientId: "alpha",
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    sourcePage: null,
    industrySlug: "",
    customerName: `Person ${minute}`,
    customerEmail: null,
    customerPhone: null,
    requestedService: "Haircut",
    preferredDateTimeText: "Friday",
    notes: null,
    status: "new",
    redirectedAt: null,
    completedAt: null,
    abandonedAt: null,
    externalBookingUrlUsed: null,
    metadata: {},
    ...more,
  };
}

/** The minutes of rows. */
export const ids = (items: readonly HandoffOut[]): number[] => items.map((item) => Number(item.id.slice(3)));
