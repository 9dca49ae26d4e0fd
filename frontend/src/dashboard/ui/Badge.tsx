import type { ComponentChildren } from "preact";
import type { HandoffStatus } from "../../../.generated/openapi";
import { STATUS } from "../handoffs/status.ts";
import { Icon, type IconName } from "./Icon.tsx";

export type Tone = "info" | "warm" | "good" | "plain" | "bad";

export function Badge({
  tone = "plain",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

export function StatusBadge({ status }: { status: HandoffStatus }) {
  const { tone, icon, label } = STATUS[status];
  return (
    <span class={`badge ${tone}`} data-testid="status-badge" data-status={status}>
      <Icon name={icon} />
      {label}
    </span>
  );
}
