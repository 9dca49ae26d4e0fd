/** The brand's colour, and what it makes of a button and a link in both themes. */
import { useState } from "preact/hooks";
import { maySave } from "../../../boot.ts";
import { Field } from "../../../ui/index.ts";
import { parseColour, textOn } from "../colour.ts";
import { SectionForm } from "../Section.tsx";
import { useSection } from "../useSection.ts";
import type { Given } from "./profile.ts";

export function Brand({ source }: Given) {
  const section = useSection({
    id: "brand",
    record: source,
    fields: ["brandColour"] as const,
    check: ({ brandColour }): Record<string, string> =>
      parseColour(brandColour) ? {} : { brandColour: "Write # and six hexadecimal digits, such as #1f5fa8." },
  });
  const { draft, set, errors } = section;
  const [shown, setShown] = useState(source.stored.value.brandColour);
  const colour = parseColour(draft.brandColour) ?? shown;
  const choose = (text: string): void => {
    const parsed = parseColour(text);
    if (parsed) setShown(parsed);
    set({ brandColour: parsed && text.trim().length === 7 ? parsed : text });
  };
  return (
    <SectionForm title="Brand colour" section={section} sub="We adapt it so that text on it can always be read.">
      <Field label="Colour" error={errors["brandColour"]}>
        {(wiring) => (
          <div class="colour">
            <input
              type="color"
              aria-label="Pick the colour"
              value={colour}
              onInput={(event) => choose(event.currentTarget.value)}
            />
            <input
              {...wiring}
              type="text"
              name="brandColour"
              autocomplete="off"
              spellcheck={false}
              maxLength={9}
              readOnly={!maySave}
              value={draft.brandColour}
              onInput={(event) => choose(event.currentTarget.value)}
              onBlur={() => set({ brandColour: parseColour(draft.brandColour) ?? draft.brandColour })}
            />
          </div>
        )}
      </Field>
      <div class="brand-previews">
        {(["light", "dark"] as const).map((theme) => (
          <figure
            key={theme}
            class={`brand-preview ${theme}`}
            style={{ "--sample": colour, "--on-sample": textOn(colour) }}
          >
            <div aria-hidden="true">
              <span class="sample-button">Continue</span>
              <span class="sample-link">Opening hours</span>
            </div>
            <figcaption>{theme === "light" ? "Light" : "Dark"}</figcaption>
          </figure>
        ))}
      </div>
    </SectionForm>
  );
}
