/** Settings: where visitors book, and what their page says about the business. */
import { useCallback, useState } from "preact/hooks";
import { ask, type Operations, type Reply } from "../../api/client.ts";
import { maySave } from "../../boot.ts";
import { unsaved, useLeaving } from "../../components/unsaved.ts";
import { navigate, useAddress } from "../../router.ts";
import type { Resource } from "../../state/resource.ts";
import { useStore } from "../../state/store.ts";
import { Ask, ErrorState, Page, Skeleton, Tabs } from "../../ui/index.ts";
import { Booking } from "./Booking.tsx";
import type { BookingSettings } from "./bookingSettings.ts";
import { Brand } from "./business/Brand.tsx";
import { Embedding } from "./business/Embedding.tsx";
import { Hours } from "./business/Hours.tsx";
import { Identity } from "./business/Identity.tsx";
import { Mails } from "./business/Mails.tsx";
import { Notices } from "./business/Notices.tsx";
import { Place } from "./business/Place.tsx";
import type { Profile } from "./business/profile.ts";
import { Services } from "./business/Services.tsx";
import "../../components/components.css";
import "./settings.css";
import { dropDrafts } from "./useSection.ts";
import { useSource } from "./useSource.ts";

type Body<N extends keyof Operations> = Operations[N]["body"];

const PARTS = ["booking", "business", "general"] as const;
type Part = (typeof PARTS)[number];

const TABS: Array<{ id: Part; label: string; href: string }> = [
  { id: "booking", label: "Booking", href: "/dashboard/settings" },
  { id: "business", label: "Business", href: "/dashboard/settings?part=business" },
  { id: "general", label: "General", href: "/dashboard/settings?part=general" },
];

export default function Settings() {
  const asked = useAddress().searchParams.get("part");
  const part = PARTS.find((each) => each === asked) ?? "booking";
  // A part once opened stays, hidden: what was typed in it stays too.
  const [opened, setOpened] = useState<ReadonlySet<Part>>(new Set([part]));
  if (!opened.has(part)) setOpened(new Set([...opened, part]));
  return (
    <Page title="Settings" sub={maySave ? undefined : "Only an owner can change these. You see what holds now."} narrow>
      <div class="settings">
        <Tabs label="Parts of the settings" tabs={TABS} current={part} />
        {opened.has("booking") && (
          <div class="stack" hidden={part !== "booking"}>
            <BookingPart />
          </div>
        )}
        {(opened.has("business") || opened.has("general")) && <ProfileParts part={part} />}
      </div>
      <Guard />
    </Page>
  );
}

function BookingPart() {
  const { resource, source } = useSource("booking", {
    read: (signal) => ask("GET /settings/booking", signal && { signal }) as Promise<Reply<BookingSettings>>,
    write: (body, ifMatch) => ask("PUT /settings/booking", { body, ifMatch }) as Promise<Reply<BookingSettings>>,
  });
  return source ? <Booking source={source} /> : <Waiting resource={resource} lines={9} />;
}

/** Two parts, one record. */
function ProfileParts({ part }: { part: Part }) {
  const { resource, source } = useSource("profile", {
    read: (signal) => ask("GET /settings/profile", signal && { signal }) as Promise<Reply<Profile>>,
    write: (body, ifMatch) =>
      ask("PUT /settings/profile", { body: body as Body<"PUT /settings/profile">, ifMatch }) as Promise<Reply<Profile>>,
  });
  if (source === null) return part === "booking" ? null : <Waiting resource={resource} lines={12} />;
  return (
    <>
      <div class="stack" hidden={part !== "business"}>
        <Identity source={source} />
        <Services source={source} />
        <Hours source={source} />
        <Brand source={source} />
      </div>
      <div class="stack" hidden={part !== "general"}>
        <Place source={source} />
        <MailsPart />
        <Notices source={source} />
        <EmbeddingPart />
      </div>
    </>
  );
}

function MailsPart() {
  const { resource, source } = useSource("notifications", {
    read: (signal) => ask("GET /settings/notifications", signal && { signal }),
    write: (body, ifMatch) => ask("PUT /settings/notifications", { body, ifMatch }),
  });
  return source ? <Mails source={source} /> : <Waiting resource={resource} lines={3} />;
}

function EmbeddingPart() {
  const { resource, source } = useSource("embedding", {
    read: (signal) => ask("GET /settings/embedding", signal && { signal }),
    write: (body, ifMatch) => ask("PUT /settings/embedding", { body, ifMatch }),
  });
  return source ? <Embedding source={source} /> : <Waiting resource={resource} lines={4} />;
}

function Waiting({ resource, lines }: { resource: Resource<unknown>; lines: number }) {
  return (
    <div class="panel">
      {resource.error ? <ErrorState error={resource.error} retry={resource.reload} /> : <Skeleton lines={lines} />}
    </div>
  );
}

/** Asks before what was typed is dropped. */
function Guard() {
  const [target, setTarget] = useState<string | null>(null);
  const count = useStore(unsaved).size;
  useLeaving(useCallback((href: string) => setTarget(href), []));
  if (target === null) return null;
  return (
    <Ask
      title="Leave without saving?"
      action="Leave without saving"
      onAction={() => {
        dropDrafts();
        navigate(target);
      }}
      onClose={() => setTarget(null)}
    >
      <p>{count === 1 ? "One section has changes" : `${count} sections have changes`} that are not saved.</p>
    </Ask>
  );
}
