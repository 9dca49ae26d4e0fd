import type { SummaryOut } from "../../../../.generated/openapi";
import { type Filters, toHref } from "../../handoffs/filters.ts";
import { STATUS, STATUSES } from "../../handoffs/status.ts";

/** One click to each status, with how many there are under the other filters. */
export function StatusTabs({ filters, summary }: { filters: Filters; summary: SummaryOut | undefined }) {
  const tabs = [
    { key: "all", label: "All", status: [], count: summary?.total },
    ...STATUSES.map((status) => ({
      key: status,
      label: STATUS[status].label,
      status: [status],
      count: summary?.[status],
    })),
  ];
  const isCurrent = (status: readonly string[]): boolean =>
    status.length ? (filters.status as readonly string[]).includes(status[0] ?? "") : filters.status.length === 0;
  return (
    <nav class="tabs status-tabs" aria-label="Filter by status" data-testid="status-filter">
      {tabs.map(({ key, label, status, count }) => (
        <a
          key={key}
          href={toHref({ ...filters, status })}
          data-status={key}
          aria-current={isCurrent(status) ? "page" : undefined}
        >
          {label} <span class="count">{count?.toLocaleString("en-US")}</span>
        </a>
      ))}
    </nav>
  );
}
