/** One panel: its title, its file, what it shows while it loads, fails or has nothing to show. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { describe } from "../../api/problem.ts";
import { type Resource, useResource } from "../../state/resource.ts";
import { Button, LinkButton, Skeleton } from "../../ui/index.ts";
import { type Dimension, type PanelName, panelPath } from "./panels.ts";
import type { Range } from "./range.ts";

interface Props<T> {
  title: string;
  name: PanelName;
  by?: Dimension;
  range: Range;
  /** What the panel asks the API; read again when the range changes. */
  read: (range: { from: string; to: string }, signal: AbortSignal) => Promise<T>;
  isEmpty: (answer: T) => boolean;
  chart: (answer: T) => ComponentChildren;
  /** The same as a table; null where the chart is one. */
  table: ((answer: T) => ComponentChildren) | null;
  className?: string;
}

export function Panel<T>({ title, name, by, range, read, isEmpty, chart, table, className = "" }: Props<T>) {
  const id = useId();
  const { from, to } = range;
  const resource = useResource(`${from} ${to}`, (signal) => read({ from, to }, signal));
  const { data } = resource;
  return (
    <section class={`panel ${name} ${className}`} aria-labelledby={id} aria-busy={resource.isLoading}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        <LinkButton kind="ghost" icon="download" href={`/api/v1${panelPath(name, range, by, true)}`} download>
          CSV<span class="vh">: {title}</span>
        </LinkButton>
      </header>
      <Failure resource={resource} title={title} />
      {data === undefined ? (
        !resource.error && <Skeleton lines={4} label={`Loading: ${title}`} />
      ) : isEmpty(data) ? (
        <p class="nothing">No requests on these days.</p>
      ) : (
        <>
          {chart(data)}
          {table && <Details title={title}>{() => table(data)}</Details>}
        </>
      )}
    </section>
  );
}

function Failure<T>({ resource, title }: { resource: Resource<T>; title: string }) {
  if (!resource.error) return null;
  return (
    <div class="failed" role="alert">
      <p class="error">{describe(resource.error)}</p>
      <Button onClick={resource.reload}>
        Try again<span class="vh">: {title}</span>
      </Button>
    </div>
  );
}

/** A table that is made when somebody wants to see it. */
function Details({ title, children }: { title: string; children: () => ComponentChildren }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="numbers" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        Show as a table<span class="vh">: {title}</span>
      </summary>
      {isOpen && (
        <div class="scrolling" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
          {children()}
        </div>
      )}
    </details>
  );
}
