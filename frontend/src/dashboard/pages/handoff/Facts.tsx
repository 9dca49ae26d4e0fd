import type { ComponentChildren } from "preact";
import type { HandoffOut } from "../../../../.generated/openapi";
import { boot } from "../../boot.ts";
import { attributionOf, formatPhone, industryName, mailTo } from "../../handoffs/words.ts";
import { Badge, Card, Time } from "../../ui/index.ts";

interface Fact {
  label: string;
  value: ComponentChildren;
}

function List({ facts }: { facts: readonly (Fact | false | null)[] }) {
  return (
    <dl class="facts">
      {facts.map(
        (fact) =>
          fact && (
            <div key={fact.label}>
              <dt>{fact.label}</dt>
              <dd>{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

const WORDS: Record<string, string> = {
  utm_source: "Source",
  utm_medium: "Medium",
  utm_campaign: "Campaign",
  utm_term: "Term",
  utm_content: "Content",
  utm_id: "Campaign id",
  gclid: "Google click",
  fbclid: "Meta click",
  msclkid: "Microsoft click",
  referrer: "Came from",
};

function isTrue(item: HandoffOut, name: string): boolean {
  return item.metadata[name] === true;
}

export function Facts({ item }: { item: HandoffOut }) {
  const { customerPhone: phone, customerEmail: email } = item;
  return (
    <>
      <Card title="What they asked for">
        <List
          facts={[
            { label: "Service", value: <bdi>{item.requestedService}</bdi> },
            { label: "Preferred time", value: <bdi>{item.preferredDateTimeText}</bdi> },
            item.notes !== null && { label: "Notes", value: <bdi class="notes">{item.notes}</bdi> },
          ]}
        />
      </Card>
      <Card title="Contact">
        <List
          facts={[
            phone !== null && {
              label: "Phone",
              value: (
                <a href={`tel:${phone}`}>
                  <bdi>{formatPhone(phone)}</bdi>
                </a>
              ),
            },
            email !== null && {
              label: "Email",
              value: (
                <a href={mailTo(email)}>
                  <bdi>{email}</bdi>
                </a>
              ),
            },
            phone === null && email === null && { label: "Contact", value: <span class="none">None kept</span> },
            isTrue(item, "shareDetailsWithProvider") && {
              label: "Wish",
              value: "Name and contact may be passed to the booking provider",
            },
          ]}
        />
      </Card>
      <Card title="Where it went, and where it came from">
        <List
          facts={[
            {
              label: "Booking link",
              value: item.externalBookingUrlUsed ? (
                <a class="url" href={item.externalBookingUrlUsed} target="_blank" rel="noopener noreferrer">
                  <bdi>{item.externalBookingUrlUsed}</bdi>
                </a>
              ) : (
                <span class="none">
                  {item.redirectedAt === null ? `None: ${boot.businessName} gets in touch` : "Not kept"}
                </span>
              ),
            },
            item.redirectedAt !== null && { label: "Clicked", value: <Time at={item.redirectedAt} kind="short" /> },
            item.sourcePage !== null && { label: "Page", value: <bdi class="url">{item.sourcePage}</bdi> },
            item.industrySlug !== "" && { label: "Industry", value: industryName(item.industrySlug) },
            ...attributionOf(item).map(([key, value]) => ({
              label: WORDS[key] ?? key,
              value: <bdi class="url">{value}</bdi>,
            })),
            { label: "Reference", value: <span class="url">{item.id}</span> },
            Array.isArray(item.metadata["flags"]) && {
              label: "Marked",
              value: (item.metadata["flags"] as unknown[]).map((flag) => (
                <Badge key={String(flag)}>{String(flag)}</Badge>
              )),
            },
          ]}
        />
      </Card>
    </>
  );
}
