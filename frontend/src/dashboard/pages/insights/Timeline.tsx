/** Requests over time: a chart for the eye, and the same numbers as a table. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Counts, Formats, Interval } from "./figures.ts";
import { toUtc } from "./range.ts";
import { useColours } from "./useColours.ts";

interface Point extends Counts {
  start: string;
}

export const SERIES: ReadonlyArray<{ name: keyof Counts; label: string }> = [
  { name: "captured", label: "Captured" },
  { name: "redirected", label: "Redirected" },
  { name: "completed", label: "Completed" },
  { name: "abandoned", label: "Abandoned" },
];

const HEIGHT = 280;
const COLOURS = ["--captured", "--redirected", "--completed", "--abandoned", "--muted", "--line", "--surface"] as const;

interface Props {
  points: readonly Point[];
  interval: Interval;
  formats: Formats;
  label: string;
}

export function TimelineChart({ points, interval, formats, label }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const colours = useColours(host, COLOURS);

  useEffect(() => {
    const box = host.current;
    if (box === null || colours === null) return;
    const tip = document.createElement("div");
    tip.className = "chart-tip";
    tip.hidden = true;
    const data: uPlot.AlignedData = [
      points.map((point) => toUtc(point.start) / 1000),
      ...SERIES.map(({ name }) => points.map((point) => point[name])),
    ];
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        legend: { show: false },
        padding: [12, 8, 0, 0],
        cursor: { y: false, points: { size: 9 }, drag: { x: false, y: false, setScale: false } },
        scales: { y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] } },
        axes: [xAxis(points, interval, formats, colours), yAxis(formats, colours)],
        series: [{}, ...SERIES.map(({ name, label: text }) => line(name, text, points.length, colours))],
        hooks: {
          init: [(made) => made.over.append(tip)],
          setCursor: [(made) => showTip(made, tip, points, interval, formats)],
        },
      },
      data,
      box,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [points, interval, formats, colours]);

  return <div class="chart" role="img" aria-label={label} ref={host} />;
}

type Colours = Record<(typeof COLOURS)[number], string>;

function line(name: keyof Counts, label: string, count: number, colours: Colours): uPlot.Series {
  const stroke = colours[`--${name}`];
  return {
    label,
    stroke,
    width: name === "captured" ? 2.5 : 2,
    ...(name === "captured" && { fill: `color-mix(in srgb, ${stroke} 12%, transparent)` }),
    ...(name === "abandoned" && { dash: [5, 4] }),
    points: { show: count === 1, size: 8, fill: stroke },
  };
}

function xAxis(points: readonly Point[], interval: Interval, formats: Formats, colours: Colours): uPlot.Axis {
  return {
    stroke: colours["--muted"],
    font: FONT,
    grid: { show: false },
    ticks: { show: false },
    gap: 8,
    size: 30,
    // Marks stand at points only, as many as there is room for.
    splits: (plot) => {
      const room = Math.max(2, Math.floor(plot.bbox.width / devicePixelRatio / 76));
      const step = Math.ceil(points.length / room);
      return points.filter((_, index) => index % step === 0).map((point) => toUtc(point.start) / 1000);
    },
    values: (_plot, splits) =>
      splits.map((at) => formats.tick(new Date(at * 1000).toISOString().slice(0, 10), interval)),
  };
}

function yAxis(formats: Formats, colours: Colours): uPlot.Axis {
  return {
    stroke: colours["--muted"],
    font: FONT,
    grid: { stroke: colours["--line"], width: 1 },
    ticks: { show: false },
    gap: 6,
    size: 44,
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
    values: (_plot, splits) => splits.map((value) => formats.count(value)),
  };
}

const FONT = "12px system-ui, sans-serif";

function showTip(plot: uPlot, tip: HTMLElement, points: readonly Point[], interval: Interval, formats: Formats): void {
  const point = points[plot.cursor.idx ?? -1];
  tip.hidden = point === undefined || (plot.cursor.left ?? -1) < 0;
  if (point === undefined || tip.hidden) return;
  const title = document.createElement("strong");
  title.textContent = formats.interval(point.start, interval);
  const lines = SERIES.map(({ name, label }) => {
    const row = document.createElement("span");
    row.className = `key ${name}`;
    row.textContent = `${label} ${formats.count(point[name])}`;
    return row;
  });
  tip.replaceChildren(title, ...lines);
  const left = plot.valToPos(toUtc(point.start) / 1000, "x");
  const isRight = left > plot.over.clientWidth / 2;
  tip.style.insetInlineStart = isRight ? "auto" : `${left + 14}px`;
  tip.style.insetInlineEnd = isRight ? `${plot.over.clientWidth - left + 14}px` : "auto";
}

export function Legend() {
  return (
    <ul class="legend" aria-hidden="true">
      {SERIES.map(({ name, label }) => (
        <li key={name} class={`key ${name}`}>
          {label}
        </li>
      ))}
    </ul>
  );
}

export function TimelineTable({ points, interval, formats, label }: Props) {
  return (
    <table class="figures">
      <caption class="vh">{label}</caption>
      <thead>
        <tr>
          <th scope="col">{interval === "day" ? "Day" : interval === "week" ? "Week" : "Month"}</th>
          {SERIES.map(({ name, label: text }) => (
            <th key={name} scope="col" class="number">
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.start}>
            <th scope="row">{formats.interval(point.start, interval)}</th>
            {SERIES.map(({ name }) => (
              <td key={name} class="number">
                {formats.count(point[name])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
