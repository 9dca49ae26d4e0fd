import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

type Native = Omit<JSX.IntrinsicElements["button"], "children" | "icon" | "size">;

interface Looks {
  kind?: "primary" | "quiet" | "danger" | "ghost";
  icon?: IconName;
  /** The words; for a button that shows its icon alone, what it is called. */
  children: ComponentChildren;
  iconOnly?: boolean;
}

interface ButtonProps extends Native, Looks {
  /** At work: it keeps the focus, says so, and takes no second press. */
  busy?: boolean;
}

function inner({ icon, children, iconOnly }: Looks) {
  return (
    <>
      {icon && <Icon name={icon} />}
      <span class={iconOnly ? "vh" : "button-text"}>{children}</span>
    </>
  );
}

function look({ kind = "quiet", iconOnly }: Looks, extra: unknown): string {
  return `button ${kind}${iconOnly ? " icon-only" : ""}${typeof extra === "string" ? ` ${extra}` : ""}`;
}

export function Button({ kind, icon, children, iconOnly, busy, onClick, class: extra, ...rest }: ButtonProps) {
  const looks = { ...(kind && { kind }), ...(icon && { icon }), children, ...(iconOnly && { iconOnly }) };
  return (
    <button
      type="button"
      {...rest}
      class={look(looks, extra)}
      aria-busy={busy ? "true" : undefined}
      title={iconOnly && typeof children === "string" ? children : rest.title}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {inner(looks)}
    </button>
  );
}

type LinkNative = Omit<JSX.IntrinsicElements["a"], "children" | "icon">;

/** A link that looks like a button: for going somewhere, never for doing something. */
export function LinkButton({ kind, icon, children, iconOnly, class: extra, ...rest }: LinkNative & Looks) {
  const looks = { ...(kind && { kind }), ...(icon && { icon }), children, ...(iconOnly && { iconOnly }) };
  return (
    <a
      {...(rest as object)}
      class={look(looks, extra)}
      title={iconOnly && typeof children === "string" ? children : rest.title}
    >
      {inner(looks)}
    </a>
  );
}
