/** On which other sites the form may stand in a frame. */
import type { Answer } from "../../../api/client.ts";
import { boot, maySave } from "../../../boot.ts";
import { ListEditor } from "../../../components/ListEditor.tsx";
import { checkOrigin, findListProblems, MAX_ORIGINS, toOrigin } from "../../../components/lists.ts";
import { Button, copy } from "../../../ui/index.ts";
import { SectionForm } from "../Section.tsx";
import { type Source, useSection } from "../useSection.ts";
import { embedCode } from "./embedCode.ts";
import { byPlace, toErrors } from "./places.ts";

type Origins = Answer<"GET /settings/embedding">;

export function Embedding({ source }: { source: Source<Origins> }) {
  const section = useSection({
    id: "embedding",
    record: source,
    fields: ["allowedOrigins"] as const,
    check: ({ allowedOrigins }) => toErrors("allowedOrigins", findListProblems(allowedOrigins, checkOrigin)),
  });
  const { draft, set, errors } = section;
  const code = embedCode(boot.bookingUrl, boot.businessName);
  return (
    <SectionForm
      title="Your form on other sites"
      section={section}
      below={
        <div class="embed-code">
          <p class="hint" id="embed-code">
            The code for their pages
          </p>
          <pre tabIndex={0} role="region" aria-labelledby="embed-code">
            <code>{code}</code>
          </pre>
          <Button icon="copy" onClick={() => void copy(code, "Code copied.")}>
            Copy the code
          </Button>
        </div>
      }
      sub="Name the sites that may show your form, then put the code into their pages."
    >
      <ListEditor
        legend="Sites that may show the form"
        noun="site"
        addLabel="Add a site"
        type="url"
        placeholder="https://www.example.com"
        tidy={toOrigin}
        items={draft.allowedOrigins}
        problems={byPlace("allowedOrigins", errors)}
        error={errors["allowedOrigins"]}
        most={MAX_ORIGINS}
        isReadOnly={!maySave}
        onChange={(allowedOrigins) => set({ allowedOrigins })}
      />
    </SectionForm>
  );
}
