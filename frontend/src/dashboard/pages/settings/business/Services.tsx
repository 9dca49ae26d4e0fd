/** What the business offers, in the order visitors see it. */
import { maySave } from "../../../boot.ts";
import { ListEditor } from "../../../components/ListEditor.tsx";
import { checkService, findListProblems, MAX_SERVICES } from "../../../components/lists.ts";
import { SectionForm } from "../Section.tsx";
import { useSection } from "../useSection.ts";
import { byPlace, toErrors } from "./places.ts";
import type { Given } from "./profile.ts";

export function Services({ source }: Given) {
  const section = useSection({
    id: "services",
    record: source,
    fields: ["services"] as const,
    check: ({ services }) => toErrors("services", findListProblems(services, checkService)),
  });
  const { draft, set, errors } = section;
  return (
    <SectionForm
      title="Services"
      section={section}
      sub="Visitors choose from these, in this order, or write their own."
    >
      <ListEditor
        legend="Services in order"
        noun="service"
        addLabel="Add a service"
        items={draft.services}
        problems={byPlace("services", errors)}
        error={errors["services"]}
        most={MAX_SERVICES}
        isOrdered
        isReadOnly={!maySave}
        onChange={(services) => set({ services })}
      />
    </SectionForm>
  );
}
