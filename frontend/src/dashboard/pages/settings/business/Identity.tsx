/** Who the business is and how to reach it. */
import { SelectField, TextField } from "../../../ui/index.ts";
import { SectionForm } from "../Section.tsx";
import { useSection } from "../useSection.ts";
import type { Given } from "./profile.ts";

const FIELDS = ["businessName", "industry", "phone", "email", "address"] as const;

export function Identity({ source }: Given) {
  const section = useSection({
    id: "identity",
    record: source,
    fields: FIELDS,
    check: ({ businessName }): Record<string, string> =>
      businessName.trim() === "" ? { businessName: "Write the name of your business." } : {},
  });
  const { draft, set, errors } = section;
  return (
    <SectionForm title="Business" testId="profile-form" section={section} sub="Visitors see this on your page.">
      <div class="pair">
        <TextField
          label="Name"
          name="businessName"
          required
          maxLength={120}
          autocomplete="organization"
          value={draft.businessName}
          error={errors["businessName"]}
          onInput={(event) => set({ businessName: event.currentTarget.value })}
        />
        <SelectField
          label="Industry"
          name="industry"
          hint="Sets the words and the look of your page."
          value={draft.industry}
          error={errors["industry"]}
          onChange={(event) => set({ industry: event.currentTarget.value as typeof draft.industry })}
        >
          {source.stored.value.industries.map(({ slug, label }) => (
            <option key={slug} value={slug} selected={slug === draft.industry}>
              {label}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Phone"
          name="phone"
          type="tel"
          autocomplete="tel"
          value={draft.phone}
          error={errors["phone"]}
          onInput={(event) => set({ phone: event.currentTarget.value })}
        />
        <TextField
          label="Email"
          name="email"
          type="email"
          autocomplete="email"
          maxLength={254}
          value={draft.email}
          error={errors["email"]}
          onInput={(event) => set({ email: event.currentTarget.value })}
        />
      </div>
      <TextField
        label="Address"
        name="address"
        maxLength={300}
        autocomplete="street-address"
        value={draft.address}
        error={errors["address"]}
        onInput={(event) => set({ address: event.currentTarget.value })}
      />
    </SectionForm>
  );
}
