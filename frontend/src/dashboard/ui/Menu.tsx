/** A button that opens a short list of actions (the menu-button pattern of the ARIA practices). */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";

export interface MenuItem {
  label: string;
  icon: IconName;
  tone?: "plain" | "danger";
  testId?: string;
  href?: string;
  onSelect?: () => void;
}

export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();

  const entries = (): HTMLElement[] => [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("button")?.focus();
  };

  useEffect(() => {
    if (!isOpen) return;
    entries()[0]?.focus();
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node) || !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    const list = entries();
    const at = list.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 };
    const next = steps[event.key];
    if (next !== undefined) {
      event.preventDefault();
      list.at(next % list.length)?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") {
      setOpen(false);
    }
  };

  return (
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <Button
        kind="ghost"
        icon="more"
        iconOnly
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </Button>
      {children}
      {isOpen && (
        <div class="menu-list" role="menu" id={id} aria-label={label}>
          {items.map((item) => {
            const looks = {
              class: `menu-item ${item.tone ?? "plain"}`,
              role: "menuitem" as const,
              tabIndex: -1,
              "data-testid": item.testId,
            };
            const inside = (
              <>
                <Icon name={item.icon} />
                {item.label}
              </>
            );
            return item.href ? (
              <a key={item.label} {...looks} href={item.href}>
                {inside}
              </a>
            ) : (
              <button
                key={item.label}
                type="button"
                {...looks}
                onClick={() => {
                  close();
                  item.onSelect?.();
                }}
              >
                {inside}
              </button>
            );
          })}
        </div>
      )}
    </div>
  );
}
