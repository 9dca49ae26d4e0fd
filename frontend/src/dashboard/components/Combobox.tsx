/** A field that finds one of many by typing (the editable combobox of the ARIA practices). */
import { useId, useRef, useState } from "preact/hooks";
import { Field } from "../ui/index.ts";

interface Props {
  label: string;
  hint?: string;
  error?: string | undefined;
  name: string;
  value: string;
  /** What matches the text typed; all of them for an empty one. */
  search: (query: string) => string[];
  describe: (value: string) => { title: string; note: string };
  onChange: (value: string) => void;
  isReadOnly?: boolean;
}

/** As many as people look through; more typing finds the rest. */
const MOST = 50;

export function Combobox({ label, hint, error, name, value, search, describe, onChange, isReadOnly }: Props) {
  const [query, setQuery] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const listId = useId();

  const isOpen = query !== null;
  const found = isOpen ? search(query).slice(0, MOST) : [];
  const close = (): void => setQuery(null);
  const choose = (chosen: string | undefined): void => {
    if (chosen !== undefined) onChange(chosen);
    close();
  };
  const point = (at: number): void => {
    setActive(at);
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) {
        setQuery("");
        setActive(0);
      } else if (found.length > 0) {
        point((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
      }
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      choose(found[active]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      close();
    }
  };

  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <div class="combobox">
          <input
            {...wiring}
            type="text"
            role="combobox"
            name={name}
            autocomplete="off"
            spellcheck={false}
            readOnly={isReadOnly}
            aria-expanded={isOpen}
            aria-controls={isOpen ? listId : undefined}
            aria-autocomplete="list"
            aria-activedescendant={isOpen && found.length > 0 ? `${listId}-${active}` : undefined}
            value={query ?? value}
            placeholder={value}
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setActive(0);
            }}
            onClick={(event) => {
              if (isReadOnly || isOpen) return;
              event.currentTarget.select();
              setQuery("");
              setActive(0);
            }}
            onKeyDown={onKeyDown}
            onBlur={close}
          />
          {isOpen && (
            <ul role="listbox" id={listId} aria-label={label} ref={list}>
              {found.map((each, at) => {
                const { title, note } = describe(each);
                return (
                  <li
                    key={each}
                    id={`${listId}-${at}`}
                    role="option"
                    aria-selected={at === active}
                    onPointerDown={(event) => event.preventDefault()}
                    onClick={() => choose(each)}
                  >
                    <span>{title}</span> <small>{note}</small>
                  </li>
                );
              })}
            </ul>
          )}
          {isOpen && found.length === 0 && (
            <p class="hint" role="status">
              Nothing matches. Try the name of a large city nearby.
            </p>
          )}
        </div>
      )}
    </Field>
  );
}
