/** The pipeline: everyone who asked, newest first, followed live. */
import "./handoffs.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HandoffOut } from "../../../../.generated/openapi";
import { address as apiAddress } from "../../api/client.ts";
import { boot, isSupport } from "../../boot.ts";
import { EraseDialog } from "../../handoffs/EraseDialog.tsx";
import { countMore, type Filters, NO_FILTERS, parseFilters, toHref, toParameters } from "../../handoffs/filters.ts";
import { follow, loadMore, pipeline, refresh, show, showWaiting } from "../../handoffs/pipeline.ts";
import { poll } from "../../handoffs/polling.ts";
import { plural } from "../../handoffs/words.ts";
import { navigate, useAddress } from "../../router.ts";
import { announce } from "../../state/announcer.ts";
import { useStore } from "../../state/store.ts";
import { Button, copy, EmptyState, ErrorState, LinkButton, Page } from "../../ui/index.ts";
import { FilterBar } from "./FilterBar.tsx";
import { Notice } from "./Notice.tsx";
import { Rows, SkeletonRows } from "./Rows.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { StatusTabs } from "./StatusTabs.tsx";

export default function Handoffs() {
  const { search } = useAddress();
  const filters = useMemo(() => parseFilters(new URLSearchParams(search)), [search]);
  const list = useStore(pipeline);
  const [erasing, setErasing] = useState<HandoffOut>();
  const isFiltered = toParameters(filters).size > 0;

  useEffect(() => show(filters), [filters]);
  useEffect(() => poll(follow), []);
  useAnnouncement(list.isLoading, list.items.length, list.nextCursor !== null);

  const set = (more: Partial<Filters>, replace = false): void => navigate(toHref({ ...filters, ...more }), { replace });

  return (
    <Page
      title="Booking handoffs"
      tabTitle={list.waiting.length ? `(${list.waiting.length}) Booking handoffs` : "Booking handoffs"}
      sub={
        list.summary && !isFiltered ? `${plural(list.summary.today, "person", "people")} asked today` : "Newest first"
      }
      actions={
        <>
          {!isSupport && (
            <LinkButton
              class="narrows"
              title="Download CSV"
              icon="download"
              href={apiAddress("/handoffs.csv", undefined, toParameters(filters))}
              download
            >
              Download CSV
            </LinkButton>
          )}
          <Button
            class="narrows"
            title="Copy my page’s link"
            icon="link"
            onClick={() => void copy(boot.bookingUrl, "Your booking page’s link is copied")}
          >
            Copy my page’s link
          </Button>
        </>
      }
    >
      <StatusTabs filters={filters} summary={list.summary} />
      <FilterBar filters={filters} set={set} more={countMore(filters)} />
      <Notice list={list} onShow={() => void showWaiting()} />
      <section class="panel list" aria-label="Handoffs" aria-busy={list.isLoading}>
        <Body list={list} isFiltered={isFiltered} onErase={setErasing} />
      </section>
      <Foot />
      {!list.isEmptyYet && <Shortcuts />}
      {erasing && <EraseDialog item={erasing} onClose={() => setErasing(undefined)} />}
    </Page>
  );
}

function Body({
  list,
  isFiltered,
  onErase,
}: {
  list: ReturnType<typeof pipeline.get>;
  isFiltered: boolean;
  onErase: (item: HandoffOut) => void;
}) {
  if (list.error !== undefined) return <ErrorState error={list.error} retry={() => void refresh()} />;
  if (list.isEmptyYet) return <SkeletonRows />;
  if (list.items.length > 0) return <Rows items={list.items} onErase={onErase} />;
  if (list.isLoading) return <SkeletonRows />;
  if (isFiltered) {
    return (
      <EmptyState
        icon="search"
        title="No handoff matches"
        action={<LinkButton href={toHref(NO_FILTERS)}>Clear all filters</LinkButton>}
      >
        Nobody fits these filters so far.
      </EmptyState>
    );
  }
  return <NobodyYet />;
}

function NobodyYet() {
  return (
    <EmptyState
      title="No handoffs yet"
      action={
        <>
          <Button
            kind="primary"
            icon="copy"
            onClick={() => void copy(boot.bookingUrl, "Your booking page’s link is copied")}
          >
            Copy the link
          </Button>
          <LinkButton icon="external" href={boot.bookingUrl} target="_blank" rel="noopener">
            See the page
          </LinkButton>
        </>
      }
    >
      <p>
        Whoever asks for a time at{" "}
        <a href={boot.bookingUrl} target="_blank" rel="noopener">
          {boot.bookingUrl.replace(/^https?:\/\//, "")}
        </a>{" "}
        shows up here within seconds. Put that link on your website, in your social profiles and in your email
        signature.
      </p>
    </EmptyState>
  );
}

function Foot() {
  const { items, nextCursor, isLoadingMore, moreError, isLoading, summary, filters } = useStore(pipeline);
  if (!items.length) return null;
  const counted = filters.status.length ? filters.status : null;
  const total = summary && (counted ? counted.reduce((sum, status) => sum + summary[status], 0) : summary.total);
  return (
    <footer class="list-foot">
      {moreError !== undefined && <p role="alert">The next ones did not load.</p>}
      {nextCursor !== null && (
        <Button busy={isLoadingMore} disabled={isLoading} onClick={() => void loadMore()} data-testid="load-more">
          {moreError !== undefined ? "Try again" : isLoadingMore ? "Loading…" : "Load older ones"}
        </Button>
      )}
      <p>
        {nextCursor === null
          ? `${plural(items.length, "handoff", "handoffs")}, that is all`
          : `${items.length.toLocaleString("en-US")} of ${total === undefined ? "many" : total.toLocaleString("en-US")}`}
      </p>
    </footer>
  );
}

/** Say how many there are once another choice of filters has loaded. */
function useAnnouncement(isLoading: boolean, count: number, hasMore: boolean): void {
  const was = useRef(isLoading);
  useEffect(() => {
    if (was.current && !isLoading) announce(`${hasMore ? "More than " : ""}${plural(count, "handoff", "handoffs")}`);
    was.current = isLoading;
  }, [isLoading, count, hasMore]);
}
