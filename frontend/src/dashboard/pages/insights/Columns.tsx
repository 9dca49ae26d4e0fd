/** A few columns side by side: weekdays, hours, times to the click. Drawn in HTML, so that theme and zoom come by themselves. */
import type { Formats } from "./figures.ts";

export interface Column {
  label: string;
  /** What stands below it; "" where there is no room for every label. */
  mark: string;
  value: number;
  /** A part of the value, drawn in a stronger tone. */
  part?: number;
}

interface Props {
  columns: readonly Column[];
  label: string;
  names: { label: string; value: string; part?: string };
  formats: Formats;
}

export function ColumnChart({ columns, label, names, formats, className = "" }: Props & { className?: string }) {
  const highest = Math.max(1, ...columns.map((column) => column.value));
  return (
    <>
      {names.part !== undefined && (
        <ul class="legend" aria-hidden="true">
          <li class="key part-of">{names.value}</li>
          <li class="key captured">of these {names.part.toLowerCase()}</li>
        </ul>
      )}
      <div class={`columns ${className}`} role="img" aria-label={label}>
        {columns.map((column) => (
          <div key={column.label} class="column" title={describe(column, names, formats)}>
            <span class="height">
              <span class="bar captured" style={{ height: `${(column.value / highest) * 100}%` }}>
                {column.part !== undefined && (
                  <span
                    class="bar redirected"
                    style={{ height: `${(column.part / Math.max(1, column.value)) * 100}%` }}
                  />
                )}
              </span>
            </span>
            <span class="mark">{column.mark}</span>
          </div>
        ))}
      </div>
    </>
  );
}

function describe(column: Column, names: Props["names"], formats: Formats): string {
  const value = `${column.label}: ${formats.count(column.value)} ${names.value.toLowerCase()}`;
  return column.part === undefined || names.part === undefined
    ? value
    : `${value}, ${formats.count(column.part)} ${names.part.toLowerCase()}`;
}

export function ColumnTable({ columns, label, names, formats }: Props) {
  return (
    <table class="figures">
      <caption class="vh">{label}</caption>
      <thead>
        <tr>
          <th scope="col">{names.label}</th>
          <th scope="col" class="number">
            {names.value}
          </th>
          {names.part !== undefined && (
            <th scope="col" class="number">
              {names.part}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {columns.map((column) => (
          <tr key={column.label}>
            <th scope="row">{column.label}</th>
            <td class="number">{formats.count(column.value)}</td>
            {column.part !== undefined && <td class="number">{formats.count(column.part)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
