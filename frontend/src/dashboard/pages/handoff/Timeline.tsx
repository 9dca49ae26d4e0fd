import type { EventOut } from "../../../../.generated/openapi";
import { boot } from "../../boot.ts";
import { Icon, type IconName, Time } from "../../ui/index.ts";

const EVENTS: Record<string, { label: string; icon: IconName; tone: string }> = {
  created: { label: "Asked for a time", icon: "spark", tone: "info" },
  redirected: { label: "Went on to the booking page", icon: "arrow", tone: "warm" },
  completed: { label: "Marked completed", icon: "check", tone: "good" },
  reopened: { label: "Reopened", icon: "undo", tone: "info" },
  abandoned: { label: "Abandoned", icon: "clock", tone: "plain" },
  erased: { label: "Personal data erased", icon: "eraser", tone: "plain" },
};

const EVIDENCE: Record<string, string> = {
  manual: "on a person’s word",
  click: "by their click",
  system: "noted by the system",
};

function who(actor: string): string {
  if (actor === boot.email) return "you";
  if (actor === "visitor") return "the visitor";
  if (actor === "system") return "the system";
  if (actor === "support") return "platform support";
  return actor.startsWith("key:") ? `API key ${actor.slice(4)}` : actor;
}

export function Timeline({ events }: { events: readonly EventOut[] }) {
  return (
    <ol class="timeline" data-testid="timeline">
      {events.map((event, index) => {
        const { label, icon, tone } = EVENTS[event.type] ?? {
          label: event.type,
          icon: "clock" as const,
          tone: "plain",
        };
        return (
          <li key={index} data-type={event.type}>
            <span class={`dot ${tone}`}>
              <Icon name={icon} />
            </span>
            <div>
              <strong>{label}</strong>
              <p>
                <Time at={event.at} kind="short" /> · <bdi>{who(event.actor)}</bdi>,{" "}
                {EVIDENCE[event.evidence] ?? event.evidence}
              </p>
              {event.detail !== null && (
                <p>
                  <bdi>{event.detail}</bdi>
                </p>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
