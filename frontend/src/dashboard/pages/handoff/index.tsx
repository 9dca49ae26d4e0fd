/** One handoff: who, what, when, how to reach them, and all that happened to it. */
import "./handoff.css";
import { useEffect, useState } from "preact/hooks";
import type { HandoffDetailOut, HandoffOut } from "../../../../.generated/openapi";
import { call } from "../../api/client.ts";
import { ApiError } from "../../api/problem.ts";
import { isOwner } from "../../boot.ts";
import { apply } from "../../handoffs/changes.ts";
import { EraseDialog } from "../../handoffs/EraseDialog.tsx";
import { find, put } from "../../handoffs/pipeline.ts";
import { StatusBadge } from "../../handoffs/StatusBadge.tsx";
import type { Change } from "../../handoffs/status.ts";
import { linkOf, nameOf } from "../../handoffs/words.ts";
import { backHref } from "../../router.ts";
import type { PageProps } from "../../routes.ts";
import { useResource } from "../../state/resource.ts";
import { Button, copy, EmptyState, ErrorState, Icon, LinkButton, Page, Skeleton, Time } from "../../ui/index.ts";
import { Facts } from "./Facts.tsx";
import { Timeline } from "./Timeline.tsx";

function Back() {
  return (
    <p class="crumb">
      <a href={backHref()}>
        <Icon name="back" />
        All handoffs
      </a>
    </p>
  );
}

export default function Handoff({ params }: PageProps) {
  const id = params["id"] ?? "";
  const { data, error, reload } = useResource(id, (signal) =>
    call("GET /handoffs/{handoff_id}", { path: { handoff_id: id }, signal }),
  );
  useEffect(() => {
    if (data) put(data);
  }, [data]);
  useEffect(() => {
    addEventListener("focus", reload); // it may have changed while somebody looked elsewhere
    return () => removeEventListener("focus", reload);
  }, [reload]);

  if (error instanceof ApiError && error.status === 404) {
    return (
      <Page title="Handoff not found" above={<Back />}>
        <section class="panel">
          <EmptyState
            icon="search"
            title="There is no such handoff"
            action={<LinkButton href="/dashboard">Show all handoffs</LinkButton>}
          >
            The link may be mistyped, or belong to another business.
          </EmptyState>
        </section>
      </Page>
    );
  }
  if (error !== undefined && !data) {
    return (
      <Page title="Handoff" above={<Back />}>
        <section class="panel">
          <ErrorState error={error} retry={reload} />
        </section>
      </Page>
    );
  }
  const item = data ?? find(id); // what the list knows is shown until all is here
  if (!item) {
    return (
      <Page title="Handoff" above={<Back />}>
        <div class="halves">
          <section class="panel">
            <Skeleton lines={9} />
          </section>
          <section class="panel">
            <Skeleton lines={6} />
          </section>
        </div>
      </Page>
    );
  }
  return <Detail key={id} item={item} events={data?.events} reload={reload} />;
}

function Detail({
  item: given,
  events,
  reload,
}: {
  item: HandoffOut;
  events: HandoffDetailOut["events"] | undefined;
  reload: () => void;
}) {
  const [item, setItem] = useState(given);
  const [isErasing, setErasing] = useState(false);
  useEffect(() => setItem(given), [given]);
  const name = nameOf(item);

  const change = (kind: Change): void =>
    void apply(kind, item, (next, isSettled) => {
      setItem((before) => ({ ...before, ...next }));
      if (isSettled) reload(); // for the timeline
    });
  return (
    <Page
      title={name}
      above={<Back />}
      sub={
        <span class="detail-sub">
          <StatusBadge status={item.status} />
          <span>
            Received <Time at={item.createdAt} />
          </span>
        </span>
      }
      actions={
        <>
          {item.status === "completed_external" ? (
            <Button icon="undo" data-testid="reopen" onClick={() => change("reopen")}>
              Reopen
            </Button>
          ) : (
            <Button kind="primary" icon="check" data-testid="mark-completed" onClick={() => change("complete")}>
              Mark completed
            </Button>
          )}
          <Button
            icon="copy"
            data-testid="copy-booking-link"
            onClick={() => void copy(linkOf(item, location.origin), `${name}’s booking link is copied`)}
          >
            Copy booking link
          </Button>
          <Button icon="print" iconOnly onClick={() => print()}>
            Print
          </Button>
          {isOwner && item.customerName && (
            <Button icon="eraser" iconOnly data-testid="erase" onClick={() => setErasing(true)}>
              Erase personal data
            </Button>
          )}
        </>
      }
    >
      <article class="halves" data-testid="handoff-detail" data-id={item.id} data-status={item.status}>
        <div class="stack">
          <Facts item={item} />
        </div>
        <section class="panel" aria-labelledby="timeline-title">
          <h2 id="timeline-title">Timeline</h2>
          {events ? <Timeline events={events} /> : <Skeleton lines={4} />}
        </section>
      </article>
      {isErasing && <EraseDialog item={item} onClose={() => setErasing(false)} onErased={() => reload()} />}
    </Page>
  );
}
