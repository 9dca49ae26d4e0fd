/** Rows and columns; on a phone each row becomes a card, in the same elements. The roles keep it a table for readers. */
import type { ComponentChildren } from "preact";

export interface Column<T> {
  key: string;
  header: string;
  cell: (row: T) => ComponentChildren;
  /** Numbers stand at the end. */
  align?: "end";
  /** The header is there for screen readers alone, as over buttons. */
  hideHeader?: boolean;
}

interface TableProps<T> {
  /** What the table shows, for screen readers. */
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  testId?: string;
}

export function Table<T>({ caption, columns, rows, rowKey, testId }: TableProps<T>) {
  return (
    <table class="table" role="table">
      <caption class="vh">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" class={column.align}>
              {column.hideHeader ? <span class="vh">{column.header}</span> : column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row" data-testid={testId}>
            {columns.map((column) => (
              <td
                key={column.key}
                role="cell"
                class={column.align}
                data-label={column.hideHeader ? undefined : column.header}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
