/** Where the business is: its time zone, its country's way of writing numbers, its language. */
import { useMemo } from "preact/hooks";
import { maySave } from "../../../boot.ts";
import { Combobox } from "../../../components/Combobox.tsx";
import { SelectField } from "../../../ui/index.ts";
import { SectionForm } from "../Section.tsx";
import { useSection } from "../useSection.ts";
import { describeZone, searchZones } from "../zones.ts";
import type { Given } from "./profile.ts";
import { listRegions } from "./regions.ts";

const FIELDS = ["timeZone", "region", "language"] as const;

export function Place({ source }: Given) {
  const section = useSection({ id: "place", record: source, fields: FIELDS });
  const { draft, set, errors } = section;
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone"), []);
  const regions = useMemo(() => listRegions(), []);
  return (
    <SectionForm title="Time and language" section={section} sub="Times here and in your mails are in this zone.">
      <Combobox
        label="Time zone"
        name="timeZone"
        hint="Type a city, such as New York."
        value={draft.timeZone}
        error={errors["timeZone"]}
        search={(query) => searchZones(zones, query)}
        describe={(name) => {
          const zone = describeZone(name);
          return { title: name.replaceAll("_", " "), note: zone.offset };
        }}
        isReadOnly={!maySave}
        onChange={(timeZone) => set({ timeZone })}
      />
      <div class="pair">
        <SelectField
          label="Country"
          name="region"
          hint="Phone numbers without + are read as from here."
          value={draft.region}
          error={errors["region"]}
          onChange={(event) => set({ region: event.currentTarget.value })}
        >
          {regions.map(({ code, name }) => (
            <option key={code} value={code} selected={code === draft.region}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Language of your page"
          name="language"
          hint="Visitors whose browser asks for the other one get that."
          value={draft.language}
          error={errors["language"]}
          onChange={(event) => set({ language: event.currentTarget.value as typeof draft.language })}
        >
          <option value="en" selected={draft.language === "en"}>
            English
          </option>
          <option value="es" lang="es" selected={draft.language === "es"}>
            Español
          </option>
        </SelectField>
      </div>
    </SectionForm>
  );
}
