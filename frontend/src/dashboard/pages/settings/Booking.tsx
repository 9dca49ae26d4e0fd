/** Where visitors book: the provider's page, how it opens, and how we mark the visits. */
import { useEffect, useRef } from "preact/hooks";
import { maySave } from "../../boot.ts";
import { RadioCards } from "../../components/RadioCards.tsx";
import { Button, TextArea, TextField } from "../../ui/index.ts";
import { type BookingDraft, type BookingSettings, FIELDS } from "./bookingSettings.ts";
import { FrameCheck } from "./FrameCheck.tsx";
import { LinkHealthNote } from "./LinkHealth.tsx";
import { type BookingPreview, Preview, usePreview } from "./Preview.tsx";
import { SectionForm } from "./Section.tsx";
import { type Source, useSection } from "./useSection.ts";

const MODES = [
  {
    value: "external",
    label: "On a booking page",
    hint: "We take the request, then the visitor goes on to your provider’s page.",
  },
  { value: "internal", label: "Requests only", hint: "We take the request, and you get in touch with the visitor." },
] as const;

const WAYS = [
  { value: "redirect", label: "On its own page", hint: "Works with every provider." },
  {
    value: "iframe",
    label: "In a frame on our page",
    hint: "Where the provider’s page allows it; else visitors get the button.",
  },
] as const;

export function Booking({ source }: { source: Source<BookingSettings> }) {
  const section = useSection({ id: "booking", record: source, fields: FIELDS });
  const { draft, set, errors } = section;
  const preview = usePreview(draft);
  const { provider, linkHealth } = source.stored.value;
  const label = seenLabel(preview);
  useProviderName(draft, provider ? labelOf(provider) : undefined, label, set);
  const name = draft.externalBookingProviderName.trim();
  const suggestion = label && name && name.toLowerCase() !== label.toLowerCase() ? label : null;
  const isExternal = draft.bookingMode === "external";
  const urlError = errors["externalBookingUrl"] ?? preview.errorOf("externalBookingUrl");

  return (
    <SectionForm
      title="Booking"
      testId="settings-form"
      section={section}
      sub="Changes hold at once for the next visitor."
    >
      <RadioCards
        legend="How booking works"
        name="bookingMode"
        value={draft.bookingMode}
        options={MODES}
        onChange={(bookingMode) => set({ bookingMode })}
      />
      <div class="stack" hidden={!isExternal}>
        <TextField
          label="Address of your booking page"
          hint="Paste the https:// link that your provider gives you to share."
          name="externalBookingUrl"
          type="url"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          maxLength={2048}
          placeholder="https://"
          value={draft.externalBookingUrl}
          error={urlError}
          onInput={(event) => set({ externalBookingUrl: event.currentTarget.value.trim() })}
        />
        {linkHealth &&
          draft.externalBookingUrl === source.stored.value.externalBookingUrl &&
          draft.externalBookingUrl !== "" && <LinkHealthNote health={linkHealth} />}
        <TextField
          label="Provider name"
          hint="Visitors read it on the button. Leave it empty to use the name we know."
          name="externalBookingProviderName"
          maxLength={80}
          autocomplete="off"
          placeholder={preview.answer?.provider?.label ?? ""}
          value={draft.externalBookingProviderName}
          error={errors["externalBookingProviderName"]}
          onInput={(event) => set({ externalBookingProviderName: event.currentTarget.value })}
        />
        {maySave && suggestion && (
          <p class="suggestion">
            The address is one of {suggestion}.{" "}
            <Button onClick={() => set({ externalBookingProviderName: suggestion })}>{`Call it ${suggestion}`}</Button>
          </p>
        )}
        <RadioCards
          legend="Where it opens"
          name="externalBookingEmbedMode"
          value={draft.externalBookingEmbedMode}
          options={WAYS}
          onChange={(externalBookingEmbedMode) => set({ externalBookingEmbedMode })}
        />
        {draft.externalBookingEmbedMode === "iframe" && (
          <FrameCheck
            source={source}
            maySave={maySave}
            isSaved={!section.isChanged}
            frames={preview.answer?.frames ?? null}
            providerName={preview.answer?.providerName ?? ""}
          />
        )}
        <TextArea
          label="Note for visitors"
          hint="Shown above the button, such as a deposit your provider asks for. At most 500 characters."
          name="externalBookingDisclaimer"
          maxLength={500}
          value={draft.externalBookingDisclaimer}
          error={errors["externalBookingDisclaimer"]}
          onInput={(event) => set({ externalBookingDisclaimer: event.currentTarget.value })}
        />
        <Advanced section={section} />
        <Preview preview={preview} />
      </div>
    </SectionForm>
  );
}

/** The provider whose address was typed; "" for one we do not know, undefined while we have not seen it. */
function seenLabel({ answer, isWaiting }: BookingPreview): string | undefined {
  const provider = isWaiting ? undefined : answer?.provider;
  return provider ? labelOf(provider) : undefined;
}

function labelOf(provider: { id: string; label: string }): string {
  return provider.id === "generic" ? "" : provider.label;
}

/** A name that is the one of the provider we saw before, and not somebody's own, follows a pasted address. */
function useProviderName(
  draft: BookingDraft,
  stored: string | undefined,
  label: string | undefined,
  set: (changes: Partial<BookingDraft>) => void,
): void {
  const before = useRef(stored);
  useEffect(() => {
    if (label === undefined || label === before.current) return;
    const isTheirs = before.current !== undefined && draft.externalBookingProviderName === before.current;
    before.current = label;
    if (isTheirs) set({ externalBookingProviderName: label });
  }, [label]);
}

function Advanced({ section }: { section: ReturnType<typeof useSection<BookingSettings, (typeof FIELDS)[number]>> }) {
  const { draft, set, errors } = section;
  const hasError = errors["externalBookingUtmSource"] ?? errors["externalBookingUtmCampaign"];
  return (
    <details class="advanced" open={hasError !== undefined || undefined}>
      <summary>Advanced</summary>
      <div class="pair">
        <TextField
          label="UTM source"
          hint="Tells your provider’s statistics where visitors came from."
          name="externalBookingUtmSource"
          maxLength={100}
          autocomplete="off"
          spellcheck={false}
          value={draft.externalBookingUtmSource}
          error={errors["externalBookingUtmSource"]}
          onInput={(event) => set({ externalBookingUtmSource: event.currentTarget.value })}
        />
        <TextField
          label="UTM campaign"
          name="externalBookingUtmCampaign"
          maxLength={100}
          autocomplete="off"
          spellcheck={false}
          value={draft.externalBookingUtmCampaign}
          error={errors["externalBookingUtmCampaign"]}
          onInput={(event) => set({ externalBookingUtmCampaign: event.currentTarget.value })}
        />
      </div>
    </details>
  );
}
