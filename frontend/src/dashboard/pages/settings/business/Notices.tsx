/** Who is told of requests, when one counts as abandoned, and how long they are kept. */
import { maySave } from "../../../boot.ts";
import { ListEditor } from "../../../components/ListEditor.tsx";
import { checkEmail, findListProblems } from "../../../components/lists.ts";
import { TextField } from "../../../ui/index.ts";
import { SectionForm } from "../Section.tsx";
import { useSection } from "../useSection.ts";
import { byPlace, toErrors } from "./places.ts";
import type { Given } from "./profile.ts";

const FIELDS = ["notificationEmails", "abandonAfterHours", "retentionDays"] as const;
const MOST = 10;
const HOURS = { least: 1, most: 2160 };
const DAYS = { least: 7, most: 3650 };

export function Notices({ source }: Given) {
  const section = useSection({
    id: "notices",
    record: source,
    fields: FIELDS,
    check: (draft) => ({
      ...toErrors("notificationEmails", findListProblems(draft.notificationEmails, checkEmail)),
      ...checkNumber("abandonAfterHours", draft.abandonAfterHours, HOURS),
      ...checkNumber("retentionDays", draft.retentionDays, DAYS),
    }),
  });
  const { draft, set, errors } = section;
  return (
    <SectionForm title="Notices and keeping" section={section}>
      <ListEditor
        legend="Notified by email"
        hint="The owners get the mails where this is empty."
        noun="email address"
        addLabel="Add an address"
        type="email"
        placeholder="name@example.com"
        items={draft.notificationEmails}
        problems={byPlace("notificationEmails", errors)}
        error={errors["notificationEmails"]}
        most={MOST}
        isReadOnly={!maySave}
        onChange={(notificationEmails) => set({ notificationEmails })}
      />
      <div class="pair">
        <NumberField
          label="Abandoned after (hours)"
          name="abandonAfterHours"
          hint="A visitor who has not gone on by then counts as abandoned."
          limits={HOURS}
          value={draft.abandonAfterHours}
          error={errors["abandonAfterHours"]}
          onChange={(abandonAfterHours) => set({ abandonAfterHours })}
        />
        <NumberField
          label="Kept for (days)"
          name="retentionDays"
          hint="Then names and contacts are erased; the counts stay."
          limits={DAYS}
          value={draft.retentionDays}
          error={errors["retentionDays"]}
          onChange={(retentionDays) => set({ retentionDays })}
        />
      </div>
    </SectionForm>
  );
}

interface Limits {
  least: number;
  most: number;
}

interface NumberProps {
  label: string;
  name: string;
  hint: string;
  limits: Limits;
  value: number;
  error: string | undefined;
  onChange: (value: number) => void;
}

/** What is typed and no whole number is NaN, which JSON keeps as null and the check refuses. */
function NumberField({ limits, value, onChange, ...rest }: NumberProps) {
  return (
    <TextField
      {...rest}
      type="number"
      inputMode="numeric"
      min={limits.least}
      max={limits.most}
      step={1}
      value={Number.isFinite(value) ? value : ""}
      onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
    />
  );
}

function checkNumber(field: string, value: number, { least, most }: Limits): Record<string, string> {
  const isGood = Number.isInteger(value) && value >= least && value <= most;
  return isGood ? {} : { [field]: `Write a whole number from ${least} to ${most}.` };
}
