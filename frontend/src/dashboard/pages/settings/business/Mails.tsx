/** Whether and how often the business is mailed its new requests, and a summary of each day. */
import type { Answer } from "../../../api/client.ts";
import { CheckField, SelectField } from "../../../ui/index.ts";
import { SectionForm } from "../Section.tsx";
import { type Source, useSection } from "../useSection.ts";

type Mails = Answer<"GET /settings/notifications">;

export function Mails({ source }: { source: Source<Mails> }) {
  const section = useSection({ id: "mails", record: source, fields: ["newHandoff", "dailySummary"] as const });
  const { draft, set, errors } = section;
  return (
    <SectionForm title="Mails" sub="They go to the addresses below, or to the owners where there are none." section={section}>
      <SelectField
        label="New requests"
        name="newHandoff"
        value={draft.newHandoff}
        error={errors["newHandoff"]}
        onChange={(event) => set({ newHandoff: event.currentTarget.value as Mails["newHandoff"] })}
      >
        <option value="each">A mail for each, at once</option>
        <option value="hourly">One mail an hour</option>
        <option value="off">No mails</option>
      </SelectField>
      <CheckField
        label="A summary each morning"
        name="dailySummary"
        hint="Of the day before, at eight in the business's time. Days without requests are left out."
        checked={draft.dailySummary}
        error={errors["dailySummary"]}
        onChange={(event) => set({ dailySummary: event.currentTarget.checked })}
      />
    </SectionForm>
  );
}
