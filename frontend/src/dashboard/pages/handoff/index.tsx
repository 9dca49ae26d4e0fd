/** One handoff. */
import { call } from "../../api/client.ts";
import type { PageProps } from "../../routes.ts";
import { useResource } from "../../state/resource.ts";
import { ErrorState, Page, Skeleton, StatusBadge } from "../../ui/index.ts";

export default function Handoff({ params }: PageProps) {
  const id = params["id"] ?? "";
  const { data, error, reload } = useResource(id, (signal) =>
    call("GET /handoffs/{handoff_id}", { path: { handoff_id: id }, signal }),
  );
  return (
    <Page title={data ? data.customerName || "Erased" : "Handoff"} sub={data && <StatusBadge status={data.status} />}>
      {error !== undefined ? <ErrorState error={error} retry={reload} /> : !data && <Skeleton />}
    </Page>
  );
}
