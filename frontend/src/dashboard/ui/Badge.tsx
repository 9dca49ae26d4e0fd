import type { ComponentChildren } from "preact";
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
