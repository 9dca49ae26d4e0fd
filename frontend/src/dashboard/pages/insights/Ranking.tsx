/** Services, pages or campaigns by how much came through them: a table that is its own chart. On a phone each row becomes a card; the roles keep it a table for readers. */
import { useState } from "preact/hooks";
import { Button } from "../../ui/index.ts";
import { type Counts, type Formats, share } from "./figures.ts";

export interface Row extends Counts {
  key: string | null;
}

interface Props {
  rows: readonly Row[];
  label: string;
  heading: string;
  /** What stands for requests that have none of it. */
  none: string;
  formats: Formats;
}

/** Rows shown before somebody wants all. */
const FEW = 8;

export function Ranking({ rows: all, label, heading, none, formats }: Props) {
  const [isWhole, setIsWhole] = useState(false);
  const highest = Math.max(1, ...all.map((row) => row.captured));
  const rows = isWhole ? all : all.slice(0, FEW);
  return (
    <div>
      <table class="figures ranking" role="table">
        <caption class="vh">{label}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              {heading}
            </th>
            <th role="columnheader" scope="col" class="number">
              Captured
            </th>
            <th role="columnheader" scope="col" class="number">
              Redirected
            </th>
            <th role="columnheader" scope="col" class="number">
              Completed
            </th>
            <th role="columnheader" scope="col" class="number">
              Abandoned
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={row.key ?? "the rest"} role="row">
              <th role="rowheader" scope="row">
                <bdi>{row.key === null ? "All others" : row.key === "" ? none : row.key}</bdi>
                <span class="meter" aria-hidden="true">
                  <span class="captured" style={{ width: `${(row.captured / highest) * 100}%` }} />
                </span>
              </th>
              <td role="cell" class="number" data-label="Captured">
                {formats.count(row.captured)}
              </td>
              <Part label="Redirected" part={row.redirected} of={row.captured} formats={formats} />
              <Part label="Completed" part={row.completed} of={row.captured} formats={formats} />
              <Part label="Abandoned" part={row.abandoned} of={row.captured} formats={formats} />
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > FEW && (
        <p class="more">
          <Button aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? `Show the first ${FEW}` : `Show all ${all.length}`}
            <span class="vh">: {label}</span>
          </Button>
        </p>
      )}
    </div>
  );
}

function Part({ label, part, of, formats }: { label: string; part: number; of: number; formats: Formats }) {
  return (
    <td role="cell" class="number" data-label={label}>
      {formats.count(part)} <small>{formats.percent(share(part, of))}</small>
    </td>
  );
}
