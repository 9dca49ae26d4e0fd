/** Captured → redirected → completed, what was abandoned, and how that was in the period before. */
import { type Change, type Counts, type Formats, share } from "./figures.ts";
import { SERIES } from "./Timeline.tsx";

interface FunnelAnswer {
  from: string;
  to: string;
  current: Counts;
  previousFrom: string;
  previousTo: string;
  previous: Counts;
}

const MEANINGS: Record<keyof Counts, string> = {
  captured: "Asked for a time",
  redirected: "Went on to the booking page",
  completed: "Marked completed by you",
  abandoned: "Did not go on in time",
};

export function Funnel({ answer, formats }: { answer: FunnelAnswer; formats: Formats }) {
  const { current, previous } = answer;
  return (
    <>
      <ol class="steps">
        {SERIES.map(({ name, label }) => {
          const rate = share(current[name], current.captured);
          const change =
            name === "captured"
              ? formats.change(current.captured, previous.captured)
              : formats.changeOfShare(rate, share(previous[name], previous.captured));
          return (
            <li key={name} class={name}>
              <h3>{label}</h3>
              <p class="big">
                {formats.count(current[name])}
                {name !== "captured" && <span class="rate">{formats.percent(rate)}</span>}
              </p>
              <span class="meter" aria-hidden="true">
                <span class={name} style={{ width: `${(rate ?? 0) * 100}%` }} />
              </span>
              <p class="hint">{MEANINGS[name]}</p>
              <ChangeNote change={change} before={formats.count(previous[name])} isGood={name !== "abandoned"} />
            </li>
          );
        })}
      </ol>
      <p class="hint">
        Shares are of all captured. Compared with the period before,{" "}
        {formats.days(answer.previousFrom, answer.previousTo)}.
      </p>
    </>
  );
}

const WORDS = { up: "up", down: "down", same: "no change" };
const ARROWS = { up: "↑", down: "↓", same: "→" };

function ChangeNote({ change, before, isGood }: { change: Change | null; before: string; isGood: boolean }) {
  if (change === null) return <p class="change">Before: {before}</p>;
  const tone = change.direction === "same" ? "" : (change.direction === "up") === isGood ? " better" : " worse";
  return (
    <p class={`change${tone}`}>
      <span aria-hidden="true">{ARROWS[change.direction]} </span>
      <span class="vh">{WORDS[change.direction]} </span>
      {change.direction === "same" ? <span aria-hidden="true">no change</span> : change.text}
      <span class="before"> before: {before}</span>
    </p>
  );
}
