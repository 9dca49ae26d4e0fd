/** When the business is open: several spans a day, or none. */
import { maySave } from "../../../boot.ts";
import { announce } from "../../../state/announcer.ts";
import { Button, ErrorNote, listNotes, Menu } from "../../../ui/index.ts";
import {
  copyDay,
  DAY_LABELS,
  DAYS,
  type DayName,
  findHoursProblems,
  MAX_SPANS_PER_DAY,
  setDay,
  type Span,
  suggestSpan,
  toWeek,
  type Week,
  WEEKDAYS,
} from "../hours.ts";
import { SectionForm } from "../Section.tsx";
import { useSection } from "../useSection.ts";
import type { Given } from "./profile.ts";

export function Hours({ source }: Given) {
  const section = useSection({
    id: "hours",
    record: source,
    fields: ["hours"] as const,
    check: ({ hours }) => prefix(findHoursProblems(toWeek(hours))),
  });
  const { draft, set, errors } = section;
  const week = toWeek(draft.hours);
  // In the order they stand: sorted only once they are saved, so that no line jumps away from who types in it.
  const change = (next: Week): void =>
    set({ hours: DAYS.flatMap((day) => next[day].map((span) => ({ day, ...span }))) });

  return (
    <SectionForm
      title="Opening hours"
      section={section}
      sub={`In ${source.stored.value.timeZone.replaceAll("_", " ")} time. Hours that close before they open run past midnight.`}
    >
      {errors["hours"] && (
        <p class="error" role="alert" data-testid="field-error">
          {errors["hours"]}
        </p>
      )}
      <div class="week">
        {DAYS.map((day) => (
          <DayLine key={day} day={day} week={week} errors={errors} onChange={change} />
        ))}
      </div>
    </SectionForm>
  );
}

interface DayProps {
  day: DayName;
  week: Week;
  errors: Readonly<Record<string, string>>;
  onChange: (week: Week) => void;
}

function DayLine({ day, week, errors, onChange }: DayProps) {
  const spans = week[day];
  const label = DAY_LABELS[day];
  const put = (next: readonly Span[]): void => onChange(setDay(week, day, next));
  const copyTo = (days: readonly DayName[], words: string): void => {
    onChange(copyDay(week, day, days));
    announce(`${label}’s hours copied to ${words}.`);
  };
  return (
    <div class="line" role="group" aria-labelledby={`day-${day}`}>
      <span class="day" id={`day-${day}`}>
        {label}
      </span>
      <div class="spans">
        {spans.length === 0 && <p class="closed">Closed</p>}
        {spans.map((span, at) => (
          <SpanLine
            key={at}
            name={`${day}-${at}`}
            label={label}
            span={span}
            error={errors[`hours.${day}.${at}`]}
            onChange={(next) => put(spans.map((each, index) => (index === at ? next : each)))}
            onRemove={() => put(spans.filter((_, index) => index !== at))}
          />
        ))}
      </div>
      {maySave && (
        <div class="day-actions">
          <Button
            kind="ghost"
            icon="plus"
            iconOnly
            disabled={spans.length >= MAX_SPANS_PER_DAY}
            onClick={() => put([...spans, suggestSpan(spans)])}
          >
            {`Add hours on ${label}`}
          </Button>
          <Menu
            label={`Copy the hours of ${label}`}
            items={[
              { label: "Copy to weekdays", icon: "copy", onSelect: () => copyTo(WEEKDAYS, "Monday to Friday") },
              { label: "Copy to every day", icon: "copy", onSelect: () => copyTo(DAYS, "every day") },
            ]}
          />
        </div>
      )}
    </div>
  );
}

interface SpanProps {
  name: string;
  label: string;
  span: Span;
  error: string | undefined;
  onChange: (span: Span) => void;
  onRemove: () => void;
}

function SpanLine({ name, label, span, error, onChange, onRemove }: SpanProps) {
  const wiring = {
    type: "time" as const,
    required: true,
    "aria-invalid": error ? ("true" as const) : undefined,
    "aria-describedby": listNotes(name, error),
  };
  return (
    <div class="span">
      <input
        {...wiring}
        aria-label={`${label} opens`}
        value={span.opens}
        onInput={(event) => onChange({ ...span, opens: event.currentTarget.value })}
      />
      <span aria-hidden="true">–</span>
      <input
        {...wiring}
        aria-label={`${label} closes`}
        value={span.closes}
        onInput={(event) => onChange({ ...span, closes: event.currentTarget.value })}
      />
      {maySave && (
        <Button kind="ghost" icon="close" iconOnly onClick={onRemove}>
          {`Remove ${label} ${span.opens} to ${span.closes}`}
        </Button>
      )}
      {span.closes !== "" && span.closes < span.opens && <small>next day</small>}
      <ErrorNote of={name}>{error}</ErrorNote>
    </div>
  );
}

function prefix(problems: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(problems).map(([place, message]) => [`hours.${place}`, message]));
}
