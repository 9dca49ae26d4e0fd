/** The rows: a table on a wide screen, cards on a phone, in the same elements. */
import { Component } from "preact";
import type { HandoffOut } from "../../../../.generated/openapi";
import { isOwner } from "../../boot.ts";
import { apply } from "../../handoffs/changes.ts";
import { StatusBadge } from "../../handoffs/StatusBadge.tsx";
import { formatPhone, industryName, linkOf, mailTo, nameOf, sourceOf } from "../../handoffs/words.ts";
import { Button, copy, Menu, type MenuItem, Time } from "../../ui/index.ts";

const HEADERS = ["Received", "Customer", "Service", "Preferred time", "Source", "Status"];

function Head() {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {HEADERS.map((header) => (
          <th key={header} role="columnheader" scope="col">
            {header}
          </th>
        ))}
        <th role="columnheader" scope="col">
          <span class="vh">Actions</span>
        </th>
      </tr>
    </thead>
  );
}

export function Rows({ items, onErase }: { items: readonly HandoffOut[]; onErase: (item: HandoffOut) => void }) {
  return (
    <table class="handoffs" role="table">
      <caption class="vh">Handoffs, newest first</caption>
      <Head />
      <tbody role="rowgroup" onKeyDown={moveBetweenRows}>
        {items.map((item) => (
          <Row key={item.id} item={item} onErase={onErase} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  item: HandoffOut;
  onErase: (item: HandoffOut) => void;
}

/** Drawn again only when its handoff changed: the list may hold thousands. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.item !== this.props.item;
  }

  override render({ item, onErase }: RowProps) {
    const name = nameOf(item);
    const source = sourceOf(item);
    return (
      <tr role="row" data-testid="handoff-row" data-id={item.id} data-status={item.status}>
        <td role="cell" class="received">
          <Time at={item.createdAt} />
        </td>
        <td role="cell" class="customer">
          <a class={`row-link${item.customerName ? "" : " erased"}`} href={`/dashboard/handoffs/${item.id}`}>
            <bdi>{name}</bdi>
          </a>
          <Contact item={item} />
        </td>
        <td role="cell" class="service">
          <bdi>{item.requestedService}</bdi>
        </td>
        <td role="cell" class="wanted">
          <bdi>{item.preferredDateTimeText}</bdi>
        </td>
        <td role="cell" class="source">
          <bdi title={item.sourcePage ?? undefined}>{source}</bdi>
          {item.industrySlug && <small>{industryName(item.industrySlug)}</small>}
        </td>
        <td role="cell" class="status">
          <StatusBadge status={item.status} />
        </td>
        <td role="cell" class="actions">
          <Actions item={item} name={name} onErase={onErase} />
        </td>
      </tr>
    );
  }
}

function Contact({ item }: { item: HandoffOut }) {
  if (item.customerPhone) {
    return (
      <a class="contact" href={`tel:${item.customerPhone}`}>
        <bdi>{formatPhone(item.customerPhone)}</bdi>
      </a>
    );
  }
  if (item.customerEmail) {
    return (
      <a class="contact" href={mailTo(item.customerEmail)}>
        <bdi>{item.customerEmail}</bdi>
      </a>
    );
  }
  return null;
}

function Actions({ item, name, onErase }: { item: HandoffOut; name: string; onErase: (item: HandoffOut) => void }) {
  const isCompleted = item.status === "completed_external";
  const more: MenuItem[] = [
    { label: "Open", icon: "arrow", href: `/dashboard/handoffs/${item.id}` },
    ...(item.customerPhone && item.customerEmail
      ? [{ label: "Write an email", icon: "mail" as const, href: mailTo(item.customerEmail) }]
      : []),
    ...(isOwner && item.customerName ? [erasing(() => onErase(item))] : []),
  ];
  return (
    <div class="row-actions">
      {isCompleted ? (
        <Button
          icon="undo"
          kind="ghost"
          class="change"
          data-testid="reopen"
          aria-label={`Reopen ${name}`}
          title="Reopen"
          onClick={() => void apply("reopen", item)}
        >
          Reopen
        </Button>
      ) : (
        <Button
          icon="check"
          kind="ghost"
          class="change"
          data-testid="mark-completed"
          aria-label={`Mark completed: ${name}`}
          title="Mark completed"
          onClick={() => void apply("complete", item)}
        >
          Mark completed
        </Button>
      )}
      <Button
        icon="copy"
        iconOnly
        kind="ghost"
        data-testid="copy-booking-link"
        aria-label={`Copy booking link of ${name}`}
        onClick={() => void copy(linkOf(item, location.origin), `${name}’s booking link is copied`)}
      >
        Copy booking link
      </Button>
      <Menu label={`More for ${name}`} items={more} />
    </div>
  );
}

function erasing(onSelect: () => void): MenuItem {
  return { label: "Erase personal data", icon: "eraser", tone: "danger", testId: "erase", onSelect };
}

/** j and k go from row to row, while the focus is among the rows. */
function moveBetweenRows(event: KeyboardEvent): void {
  const step = { j: 1, k: -1 }[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = (event.target as Element).closest("tr");
  const next = step > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  next?.querySelector<HTMLElement>(".row-link")?.focus();
}

/** As many grey rows as fit, each as high as a real one. */
export function SkeletonRows() {
  return (
    <table class="handoffs waiting" role="table" aria-label="Loading the handoffs">
      <Head />
      <tbody role="rowgroup">
        {Array.from({ length: 12 }, (_, index) => (
          <tr role="row" key={index}>
            {["received", "customer", "service", "wanted", "source", "status", "actions"].map((name) => (
              <td role="cell" key={name} class={name}>
                <span class="bone" />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
