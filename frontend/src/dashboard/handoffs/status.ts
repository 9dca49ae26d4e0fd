/** The four states of a handoff, in words, signs and colours. */
import type { HandoffOut, HandoffStatus } from "../../../.generated/openapi";
import type { IconName, Tone } from "../ui/index.ts";

export const STATUSES: readonly HandoffStatus[] = ["new", "redirected", "completed_external", "abandoned"];

export const STATUS: Record<HandoffStatus, { label: string; tone: Tone; icon: IconName }> = {
  new: { label: "New", tone: "info", icon: "spark" },
  redirected: { label: "Redirected", tone: "warm", icon: "arrow" },
  completed_external: { label: "Completed", tone: "good", icon: "check" },
  abandoned: { label: "Abandoned", tone: "plain", icon: "clock" },
};

export type Change = "complete" | "reopen";

/** What takes a change back. */
export const INVERSE: Record<Change, Change> = { complete: "reopen", reopen: "complete" };

/** The status a change leads to, as the API's rules have it. */
export function statusAfter(change: Change, item: Pick<HandoffOut, "redirectedAt">): HandoffStatus {
  if (change === "complete") return "completed_external";
  return item.redirectedAt === null ? "new" : "redirected";
}
