/** The frame every page stands in: its title, what can be done here, and its parts. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { boot } from "../boot.ts";

interface PageProps {
  title: string;
  /** What the browser's tab says, where it is more than the title. */
  tabTitle?: string;
  sub?: ComponentChildren;
  /** Stands above the title: the way back. */
  above?: ComponentChildren;
  actions?: ComponentChildren;
  children?: ComponentChildren;
  /** Forms read better narrow. */
  narrow?: boolean;
}

export function Page({ title, tabTitle, sub, above, actions, children, narrow }: PageProps) {
  useLayoutEffect(() => {
    document.title = `${tabTitle ?? title} · ${boot.businessName}`;
  }, [title, tabTitle]);
  return (
    <div class={`page${narrow ? " narrow" : ""}`}>
      {above}
      <header class="page-head">
        <div class="page-title">
          <h1 tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
          {sub && <p class="sub">{sub}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({
  title,
  actions,
  children,
  class: extra,
}: {
  title?: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`panel${extra ? ` ${extra}` : ""}`} aria-label={title}>
      {title && (
        <header class="panel-head">
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
