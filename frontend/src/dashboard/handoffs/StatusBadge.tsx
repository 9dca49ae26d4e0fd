/** The status of a handoff, as lists and the handoff's own page show it. */
import type { HandoffStatus } from "../../../.generated/openapi";
import { Icon } from "../ui/index.ts";
import { STATUS } from "./status.ts";

export function StatusBadge({ status }: { status: HandoffStatus }) {
  const { tone, icon, label } = STATUS[status];
  return (
    <span class={`badge ${tone}`} data-testid="status-badge" data-status={status}>
      <Icon name={icon} />
      {label}
    </span>
  );
}
