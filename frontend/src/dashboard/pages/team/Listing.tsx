/** The rows of a card: those that are there, or why there are none. The box takes the focus of a row that is gone. */
import type { Ref } from "preact";
import type { Resource } from "../../state/resource.ts";
import { type Column, ErrorState, Skeleton, Table } from "../../ui/index.ts";

interface Props<Row> {
  resource: Resource<{ items: Row[] }>;
  box: Ref<HTMLDivElement>;
  caption: string;
  columns: Column<Row>[];
  testId: string;
  /** How many lines stand for rows that are on their way. */
  lines: number;
  none?: string;
}

export function Listing<Row extends { id: number }>({ resource, box, lines, none, ...table }: Props<Row>) {
  const { data, error, reload } = resource;
  return (
    <div ref={box} tabIndex={-1}>
      {error ? (
        <ErrorState error={error} retry={reload} />
      ) : data === undefined ? (
        <Skeleton lines={lines} />
      ) : none && data.items.length === 0 ? (
        <p class="hint">{none}</p>
      ) : (
        <Table {...table} rows={data.items} rowKey={(row) => row.id} />
      )}
    </div>
  );
}
