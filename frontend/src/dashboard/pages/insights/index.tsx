/** Insights: how many people asked, how many went on to the booking page, and where they came from. */
import { useMemo, useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { boot } from "../../boot.ts";
import { navigate, useAddress } from "../../router.ts";
import { clock, Page } from "../../ui/index.ts";
import { ColumnChart, ColumnTable, type Column } from "./Columns.tsx";
import { bucket, duration, Formats, weekday } from "./figures.ts";
import { Funnel } from "./Funnel.tsx";
import "../../components/components.css";
import "./insights.css";
import { Panel } from "./Panel.tsx";
import { Ranking, type Row } from "./Ranking.tsx";
import { type Range, readRange, todayIn, writeRange } from "./range.ts";
import { RangePicker } from "./RangePicker.tsx";
import { Legend, TimelineChart, TimelineTable } from "./Timeline.tsx";

type Days = { from: string; to: string };

const formats = new Formats(clock.locale);

export default function Insights() {
  const address = useAddress();
  const today = todayIn(boot.timeZone);
  const range = useMemo(() => readRange(address.searchParams, today), [address.search, today]);
  const days = `${range.from} ${range.to}`;
  const [emptyDays, setEmptyDays] = useState(""); // days without a request: that is said once, not in every panel

  const choose = (next: Range): void => {
    const query = writeRange(next);
    navigate(`/dashboard/insights${query && `?${query}`}`);
  };
  return (
    <Page title="Insights" sub={`Days and hours are in ${boot.timeZone.replaceAll("_", " ")} time.`}>
      <div class="insights">
        <RangePicker range={range} today={today} formats={formats} onChange={choose} />
        <div class="panels">
          <Panel
            title="From request to booking page"
            name="funnel"
            range={range}
            className="whole"
            read={async (query, signal) => {
              const answer = await call("GET /insights/funnel", { query, signal });
              setEmptyDays(answer.current.captured === 0 ? `${query.from} ${query.to}` : "");
              return answer;
            }}
            isEmpty={({ current, previous }) => current.captured + previous.captured === 0}
            chart={(answer) => <Funnel answer={answer} formats={formats} />}
            table={null}
          />
          {emptyDays !== days && <Details range={range} />}
        </div>
      </div>
    </Page>
  );
}

function Details({ range }: { range: Range }) {
  return (
    <>
      <Timeline range={range} />
      <RankingPanel range={range} by="service" title="By service" heading="Service" none="Not given" />
      <RankingPanel range={range} by="source" title="By page" heading="Page" none="Not known" />
      <RankingPanel range={range} by="campaign" title="By campaign" heading="UTM campaign" none="No campaign" />
      <ColumnsPanel range={range} by="weekday" title="By weekday" heading="Weekday" />
      <ColumnsPanel range={range} by="hour" title="By hour of the day" heading="Hour" />
      <TimeToClick range={range} />
    </>
  );
}

function Timeline({ range }: { range: Range }) {
  return (
    <Panel
      title="Over time"
      name="timeline"
      range={range}
      className="whole"
      read={(query, signal) => call("GET /insights/timeline", { query, signal })}
      isEmpty={({ points }) => points.every((point) => point.captured === 0)}
      chart={({ points, interval }) => (
        <>
          <Legend />
          <TimelineChart
            points={points}
            interval={interval}
            formats={formats}
            label={describeTimeline(points, interval)}
          />
        </>
      )}
      table={({ points, interval }) => (
        <TimelineTable points={points} interval={interval} formats={formats} label={`Requests by ${interval}`} />
      )}
    />
  );
}

type Interval = "day" | "week" | "month";

function describeTimeline(points: ReadonlyArray<{ start: string; captured: number }>, interval: Interval): string {
  const highest = points.reduce((best, point) => (point.captured > best.captured ? point : best));
  return (
    `Line chart of requests by ${interval}: captured, redirected, completed, abandoned. ` +
    `Most were captured on ${formats.interval(highest.start, interval)}: ${formats.count(highest.captured)}.`
  );
}

interface RankingPanelProps {
  range: Range;
  by: "service" | "source" | "campaign";
  title: string;
  heading: string;
  none: string;
}

function RankingPanel({ range, by, title, heading, none }: RankingPanelProps) {
  return (
    <Panel<{ rows: Row[] }>
      title={title}
      name="breakdown"
      by={by}
      range={range}
      className="whole ranked"
      read={(query, signal) => readBreakdown(by, query, signal)}
      isEmpty={({ rows }) => rows.every((row) => row.captured === 0)}
      chart={({ rows }) => <Ranking rows={rows} label={title} heading={heading} none={none} formats={formats} />}
      table={null}
    />
  );
}

async function readBreakdown(by: RankingPanelProps["by"] | "weekday" | "hour", days: Days, signal: AbortSignal) {
  const answer = await call("GET /insights/breakdown", { query: { by, ...days }, signal });
  return { rows: answer.rows.map((row) => ({ ...row, key: row.key === null ? null : String(row.key) })) };
}

interface ColumnsPanelProps {
  range: Range;
  by: "weekday" | "hour";
  title: string;
  heading: string;
}

function ColumnsPanel({ range, by, title, heading }: ColumnsPanelProps) {
  const names = { label: heading, value: "Captured", part: "Redirected" };
  return (
    <Panel<{ columns: Column[] }>
      title={title}
      name="breakdown"
      by={by}
      range={range}
      read={async (query, signal) => {
        const { rows } = await readBreakdown(by, query, signal);
        return { columns: rows.map((row) => toColumn(by, row)) };
      }}
      isEmpty={({ columns }) => columns.every((column) => column.value === 0)}
      chart={({ columns }) => (
        <ColumnChart
          columns={columns}
          label={describeColumns(title, columns)}
          names={names}
          formats={formats}
          className={by === "hour" ? "hours" : ""}
        />
      )}
      table={({ columns }) => <ColumnTable columns={columns} label={title} names={names} formats={formats} />}
    />
  );
}

function toColumn(by: "weekday" | "hour", row: Row): Column {
  const number = Number(row.key);
  const label = by === "weekday" ? weekday(number) : formats.hour(number);
  const mark = by === "weekday" ? label.slice(0, 3) : number % 6 === 0 ? label : "";
  return { label, mark, value: row.captured, part: row.redirected };
}

function describeColumns(title: string, columns: readonly Column[]): string {
  const highest = columns.reduce((best, column) => (column.value > best.value ? column : best));
  return `Column chart of requests ${title.toLowerCase()}. Most: ${highest.label}, ${formats.count(highest.value)}.`;
}

function TimeToClick({ range }: { range: Range }) {
  const names = { label: "Time", value: "Clicks" };
  return (
    <Panel
      title="Time from request to click"
      name="time-to-click"
      range={range}
      className="whole"
      read={async (query, signal) => {
        const { buckets, ...rest } = await call("GET /insights/time-to-click", { query, signal });
        const columns = buckets.map(({ upToSeconds, count }, index): Column => {
          const label = bucket(buckets[index - 1]?.upToSeconds ?? null, upToSeconds);
          return { label, mark: label, value: count };
        });
        return { ...rest, columns };
      }}
      isEmpty={({ count }) => count === 0}
      chart={({ columns, medianSeconds, p90Seconds }) => (
        <>
          <dl class="times">
            <div>
              <dt>Half clicked within</dt>
              <dd>{duration(medianSeconds)}</dd>
            </div>
            <div>
              <dt>Nine of ten within</dt>
              <dd>{duration(p90Seconds)}</dd>
            </div>
          </dl>
          <ColumnChart
            columns={columns}
            label={describeColumns("by time to the click", columns)}
            names={names}
            formats={formats}
            className="tall-marks"
          />
        </>
      )}
      table={({ columns }) => (
        <ColumnTable columns={columns} label="Clicks by time since the request" names={names} formats={formats} />
      )}
    />
  );
}
