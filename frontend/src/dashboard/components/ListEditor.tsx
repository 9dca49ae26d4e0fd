/** A list people write line by line: add, change, remove, and put in order by buttons or Alt with an arrow key. */
import { useEffect, useId, useRef } from "preact/hooks";
import { announce } from "../state/announcer.ts";
import { Button, ErrorNote, HintNote, listNotes } from "../ui/index.ts";
import { move, removeAt, replaceAt } from "./lists.ts";

interface Props {
  legend: string;
  hint?: string;
  /** What one entry is called, such as "service". */
  noun: string;
  addLabel: string;
  items: readonly string[];
  problems: Readonly<Record<number, string>>;
  /** What is wrong with the list as a whole. */
  error?: string | undefined;
  most: number;
  isOrdered?: boolean;
  type?: "text" | "email" | "url";
  placeholder?: string;
  /** What to make of an entry when it is left. */
  tidy?: (text: string) => string;
  isReadOnly?: boolean;
  onChange: (items: string[]) => void;
}

export function ListEditor(props: Props) {
  const { legend, hint, noun, items, problems, error, most, isOrdered, onChange } = props;
  const id = useId();
  const root = useRef<HTMLFieldSetElement>(null);
  const wanted = useRef<string | null>(null);
  // Keys can come faster than the list is drawn: then the next one goes on from where the last one put the line.
  const latest = useRef(items);
  latest.current = items;
  const movedTo = useRef<number | null>(null);

  useEffect(() => {
    movedTo.current = null;
    if (wanted.current === null) return;
    const line = root.current?.querySelector<HTMLElement>(wanted.current);
    // At the end of the list its button is off: the line itself takes the focus.
    const isOff = line instanceof HTMLButtonElement && line.disabled;
    (isOff ? line.closest("li")?.querySelector("input") : line)?.focus();
    wanted.current = null;
  });

  const add = (): void => {
    wanted.current = `[data-line="${items.length}"] input`;
    onChange([...items, ""]);
  };
  const remove = (at: number): void => {
    wanted.current = items.length > 1 ? `[data-line="${Math.min(at, items.length - 2)}"] input` : "[data-add]";
    announce(`${items[at] || noun} removed.`);
    onChange(removeAt(items, at));
  };
  const shift = (at: number, step: number, focus: string): void => {
    const list = latest.current;
    const from = movedTo.current ?? at;
    const to = from + step;
    if (to < 0 || to >= list.length) return;
    wanted.current = `[data-line="${to}"] ${focus}`;
    announce(`${list[from] || noun}: now ${to + 1} of ${list.length}.`);
    const moved = move(list, from, to);
    latest.current = moved;
    movedTo.current = to;
    onChange(moved);
  };

  return (
    <fieldset class="list-editor" ref={root} aria-describedby={listNotes(id, error, hint)}>
      <legend>{legend}</legend>
      <HintNote of={id}>{hint}</HintNote>
      <ErrorNote of={id}>{error}</ErrorNote>
      <ol>
        {items.map((item, at) => (
          <li key={at} data-line={at}>
            <Line
              {...props}
              id={`${id}-${at}`}
              item={item}
              at={at}
              problem={problems[at]}
              onMove={shift}
              onRemove={remove}
            />
          </li>
        ))}
      </ol>
      {!props.isReadOnly && (
        <Button icon="plus" data-add="" onClick={add} disabled={items.length >= most}>
          {props.addLabel}
        </Button>
      )}
      {isOrdered && !props.isReadOnly && items.length > 1 && (
        <p class="hint keys-hint">In a line, Alt with the up or down key moves it.</p>
      )}
    </fieldset>
  );
}

interface LineProps extends Props {
  id: string;
  item: string;
  at: number;
  problem: string | undefined;
  onMove: (at: number, step: number, focus: string) => void;
  onRemove: (at: number) => void;
}

// Spelt out, since the types of inputs are a union by type.
const TYPES = { text: { type: "text" }, email: { type: "email" }, url: { type: "url" } } as const;

function Line({
  id,
  item,
  at,
  problem,
  noun,
  items,
  type = "text",
  placeholder,
  tidy,
  isOrdered,
  isReadOnly,
  ...rest
}: LineProps) {
  const { onChange, onMove, onRemove } = rest;
  const named = item || `${noun} ${at + 1}`;
  return (
    <>
      <div class="line">
        <input
          {...TYPES[type]}
          aria-label={`${noun} ${at + 1}`}
          value={item}
          placeholder={placeholder}
          autocomplete="off"
          spellcheck={type === "text"}
          aria-invalid={problem ? "true" : undefined}
          aria-describedby={listNotes(id, problem)}
          onInput={(event) => onChange(replaceAt(items, at, event.currentTarget.value))}
          onBlur={() => {
            const tidied = tidy?.(item) ?? item.trim();
            if (tidied !== item) onChange(replaceAt(items, at, tidied));
          }}
          onKeyDown={(event) => {
            const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (!isOrdered || !event.altKey || step === undefined) return;
            event.preventDefault();
            onMove(at, step, "input");
          }}
        />
        {!isReadOnly && (
          <span class="line-actions">
            {isOrdered && (
              <>
                <Button
                  kind="ghost"
                  class="up"
                  icon="down"
                  iconOnly
                  disabled={at === 0}
                  onClick={() => onMove(at, -1, ".up")}
                >
                  {`Move ${named} up`}
                </Button>
                <Button
                  kind="ghost"
                  class="down"
                  icon="down"
                  iconOnly
                  disabled={at === items.length - 1}
                  onClick={() => onMove(at, 1, ".down")}
                >
                  {`Move ${named} down`}
                </Button>
              </>
            )}
            <Button kind="ghost" icon="close" iconOnly onClick={() => onRemove(at)}>
              {`Remove ${named}`}
            </Button>
          </span>
        )}
      </div>
      <ErrorNote of={id}>{problem}</ErrorNote>
    </>
  );
}
