/** Search, service, source and days. Each change is an address; typing waits a moment before it becomes one. */
import { useEffect, useRef, useState } from "preact/hooks";
import { facets, loadFacets } from "../../handoffs/facets.ts";
import { type Filters, shiftDay, toHref } from "../../handoffs/filters.ts";
import { industryName } from "../../handoffs/words.ts";
import { useStore } from "../../state/store.ts";
import { Button, clock, Icon, LinkButton, SelectField, TextField } from "../../ui/index.ts";
import { dayOf } from "../../ui/time.ts";

const PAUSE = 220;

interface BarProps {
  filters: Filters;
  set: (more: Partial<Filters>, replace?: boolean) => void;
  /** How many of the menus are set. */
  more: number;
}

export function FilterBar({ filters, set, more }: BarProps) {
  const [isOpen, setOpen] = useState(more > 0);
  const known = useStore(facets);
  useEffect(() => void loadFacets(), []);
  return (
    <div class="filters" role="search" aria-label="Handoffs">
      {/* A search is one step of the way back, however many letters it took. */}
      <Search value={filters.q} onChange={(q) => set({ q }, filters.q !== "" && q !== "")} />
      <Button
        icon="filter"
        class="filters-toggle"
        aria-expanded={isOpen}
        aria-controls="filters-more"
        onClick={() => setOpen(!isOpen)}
      >
        {more ? `Filters (${more})` : "Filters"}
      </Button>
      <div id="filters-more" class={`filters-more${isOpen ? " open" : ""}`}>
        <Choice
          label="Service"
          all="All services"
          value={filters.service}
          of={known.services}
          onChange={(service) => set({ service })}
        />
        {(known.sources.length > 1 || filters.source) && (
          <Choice
            label="Page"
            all="All pages"
            value={filters.source}
            of={known.sources}
            onChange={(source) => set({ source })}
          />
        )}
        {(known.industries.length > 1 || filters.industry) && (
          <Choice
            label="Industry"
            all="All industries"
            value={filters.industry}
            of={known.industries}
            name={industryName}
            onChange={(industry) => set({ industry })}
          />
        )}
        <Days filters={filters} set={set} />
        {(more > 0 || filters.q) && (
          <LinkButton
            kind="ghost"
            icon="close"
            href={toHref({ status: filters.status, q: "", service: "", source: "", industry: "", from: "", to: "" })}
          >
            Clear
          </LinkButton>
        )}
      </div>
    </div>
  );
}

function Search({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const asked = useRef(value);

  useEffect(() => {
    if (value === asked.current) return; // our own words come back by the address
    asked.current = value;
    setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const ask = (next: string): void => {
    clearTimeout(timer.current);
    if (next.trim() === asked.current) return;
    asked.current = next.trim();
    onChange(asked.current);
  };
  return (
    <div class="search">
      <Icon name="search" />
      <TextField
        label="Search by name, contact or service"
        hideLabel
        type="search"
        placeholder="Search name, contact, service"
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        value={text}
        data-search
        onInput={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => ask(next), PAUSE);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") ask(event.currentTarget.value);
          if (event.key === "Escape" && event.currentTarget.value) {
            event.preventDefault();
            setText("");
            ask("");
          }
        }}
      />
    </div>
  );
}

function Choice({
  label,
  all,
  value,
  of,
  name = (each) => each,
  onChange,
}: {
  label: string;
  all: string;
  value: string;
  of: readonly string[];
  name?: (value: string) => string;
  onChange: (value: string) => void;
}) {
  const options = value && !of.includes(value) ? [value, ...of] : of;
  return (
    <SelectField label={label} hideLabel value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">{all}</option>
      {options.map((each) => (
        <option key={each} value={each}>
          {name(each)}
        </option>
      ))}
    </SelectField>
  );
}

const PRESETS = [
  { id: "today", label: "Today", days: 0 },
  { id: "week", label: "Last 7 days", days: 6 },
  { id: "month", label: "Last 30 days", days: 29 },
  { id: "quarter", label: "Last 90 days", days: 89 },
] as const;

function Days({ filters, set }: Pick<BarProps, "filters" | "set">) {
  const today = dayOf(new Date(), clock);
  const { from, to } = filters;
  const preset = PRESETS.find(({ days }) => from === shiftDay(today, -days) && (to === "" || to === today));
  const [isCustom, setCustom] = useState(false);
  const value = isCustom || ((from || to) && !preset) ? "custom" : (preset?.id ?? "");

  const choose = (id: string): void => {
    setCustom(id === "custom");
    const chosen = PRESETS.find((each) => each.id === id);
    if (id === "custom") set({ from: from || shiftDay(today, -29), to: to || today });
    else set({ from: chosen ? shiftDay(today, -chosen.days) : "", to: "" });
  };
  return (
    <>
      <SelectField label="Days" hideLabel value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">Any day</option>
        {PRESETS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </SelectField>
      {value === "custom" && (
        <span class="days">
          <TextField
            label="First day"
            hideLabel
            type="date"
            value={from}
            max={to || today}
            onChange={(event) => set({ from: event.currentTarget.value })}
          />
          <span aria-hidden="true">–</span>
          <TextField
            label="Last day"
            hideLabel
            type="date"
            value={to}
            min={from}
            onChange={(event) => set({ to: event.currentTarget.value })}
          />
        </span>
      )}
    </>
  );
}
