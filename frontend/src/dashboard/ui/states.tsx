/** What stands where data will be, could be, or should have been. */
import type { ComponentChildren } from "preact";
import { describe } from "../api/problem.ts";
import { Button } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";

export function EmptyState({
  icon = "inbox",
  title,
  children,
  action,
}: {
  icon?: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="state">
      <span class="state-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {children && <div class="state-text">{children}</div>}
      {action && <div class="state-actions">{action}</div>}
    </div>
  );
}

/** A read that failed, with the way to try again. */
export function ErrorState({
  error,
  retry,
  title = "This did not load",
}: {
  error: unknown;
  retry?: () => void;
  title?: string;
}) {
  return (
    <div class="state" role="alert">
      <span class="state-icon bad">
        <Icon name="alert" />
      </span>
      <h2>{title}</h2>
      <p class="state-text">{describe(error)}</p>
      {retry && (
        <div class="state-actions">
          <Button onClick={retry} kind="primary">
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

/** Grey bars of the size of what is coming, so that nothing jumps when it comes. */
export function Skeleton({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}
