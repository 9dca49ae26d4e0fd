/** Which days the page speaks of. */
import { useEffect, useState } from "preact/hooks";
import { Button, ErrorNote, listNotes } from "../../ui/index.ts";
import type { Formats } from "./figures.ts";
import { countDays, findRangeProblems, PRESETS, type Preset, type Range, resolvePreset } from "./range.ts";

interface Props {
  range: Range;
  today: string;
  formats: Formats;
  onChange: (range: Range) => void;
}

export function RangePicker({ range, today, formats, onChange }: Props) {
  const [isOpen, setIsOpen] = useState(range.preset === "custom");
  useEffect(() => setIsOpen(range.preset === "custom"), [range.preset]);

  const choose = (preset: Preset): void => {
    setIsOpen(preset === "custom");
    if (preset !== "custom") onChange(resolvePreset(preset, today));
  };
  const shown: Preset = isOpen ? "custom" : range.preset;
  return (
    <div class="picker">
      <fieldset class="segments">
        <legend class="vh">Days shown</legend>
        {PRESETS.map(({ value, label }) => (
          <label key={value}>
            <input type="radio" name="range" value={value} checked={shown === value} onChange={() => choose(value)} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {isOpen && <CustomDays range={range} today={today} onChange={onChange} />}
      <p class="sub" aria-live="polite">
        {formats.days(range.from, range.to)} · {countDays(range.from, range.to)} days
      </p>
    </div>
  );
}

function CustomDays({ range, today, onChange }: Omit<Props, "formats">) {
  const [days, setDays] = useState({ from: range.from, to: range.to });
  const [isTried, setIsTried] = useState(false);
  const problems = isTried ? findRangeProblems(days.from, days.to) : {};

  const apply = (event: SubmitEvent): void => {
    event.preventDefault();
    setIsTried(true);
    const found = findRangeProblems(days.from, days.to);
    const first = found.from ? "from" : found.to ? "to" : null;
    if (first === null) onChange({ preset: "custom", ...days });
    else (event.currentTarget as HTMLFormElement).querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
  };
  return (
    <form class="days" noValidate onSubmit={apply}>
      {(["from", "to"] as const).map((name) => (
        <div key={name}>
          <label for={`range-${name}`}>{name === "from" ? "From" : "To"}</label>
          <input
            id={`range-${name}`}
            name={name}
            type="date"
            max={today}
            value={days[name]}
            aria-invalid={problems[name] === undefined ? undefined : "true"}
            aria-describedby={listNotes(`range-${name}`, problems[name])}
            onInput={(event) => setDays({ ...days, [name]: event.currentTarget.value })}
          />
          <ErrorNote of={`range-${name}`}>{problems[name]}</ErrorNote>
        </div>
      ))}
      <Button type="submit">Show</Button>
    </form>
  );
}
