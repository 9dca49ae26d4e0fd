/** One of a few ways, each with a sentence on what it means. */
import { useId } from "preact/hooks";

interface Props<Value extends string> {
  legend: string;
  name: string;
  value: Value;
  options: ReadonlyArray<{ value: Value; label: string; hint?: string }>;
  onChange: (value: Value) => void;
}

export function RadioCards<Value extends string>({ legend, name, value, options, onChange }: Props<Value>) {
  const id = useId();
  return (
    <fieldset class="radio-cards">
      <legend>{legend}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value} class="radio-card">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              aria-labelledby={`${id}-${option.value}-name`}
              aria-describedby={option.hint ? `${id}-${option.value}` : undefined}
              onChange={() => onChange(option.value)}
            />
            <span>
              <strong id={`${id}-${option.value}-name`}>{option.label}</strong>
              {option.hint && (
                <span class="hint" id={`${id}-${option.value}`}>
                  {option.hint}
                </span>
              )}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
