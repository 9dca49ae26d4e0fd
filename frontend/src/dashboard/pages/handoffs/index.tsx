/** The pipeline. */
import { call } from "../../api/client.ts";
import { useResource } from "../../state/resource.ts";
import { type Column, EmptyState, ErrorState, Page, Skeleton, StatusBadge, Table, Time } from "../../ui/index.ts";
import type { HandoffOut } from "../../../../.generated/openapi";

const columns: Column<HandoffOut>[] = [
  {
    key: "name",
    header: "Name",
    cell: (row) => (
      <a href={`/dashboard/handoffs/${row.id}`}>
        <bdi>{row.customerName || "Erased"}</bdi>
      </a>
    ),
  },
  { key: "service", header: "Service", cell: (row) => <bdi>{row.requestedService}</bdi> },
  { key: "wanted", header: "Preferred time", cell: (row) => <bdi>{row.preferredDateTimeText}</bdi> },
  { key: "status", header: "Status", cell: (row) => <StatusBadge status={row.status} /> },
  { key: "at", header: "Received", cell: (row) => <Time at={row.createdAt} /> },
];

export default function Handoffs() {
  const { data, error, reload } = useResource("handoffs", (signal) => call("GET /handoffs", { signal }));
  return (
    <Page title="Booking handoffs" sub="Everyone who asked for a time, newest first.">
      <section class="panel">
        {error !== undefined ? (
          <ErrorState error={error} retry={reload} />
        ) : !data ? (
          <Skeleton lines={8} />
        ) : data.items.length === 0 ? (
          <EmptyState title="No handoffs yet" />
        ) : (
          <Table caption="Handoffs" columns={columns} rows={data.items} rowKey={(row) => row.id} testId="handoff-row" />
        )}
      </section>
    </Page>
  );
}
