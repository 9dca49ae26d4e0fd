/** Whether the saved booking page was there when we last looked at it. */
import { Badge, Time } from "../../ui/index.ts";

export interface LinkHealth {
  result: "unknown" | "working" | "failing";
  reason: string | null;
  redirectsTo: string | null;
  tlsExpiresAt: string | null;
  checkedAt: string | null;
  failingSince: string | null;
  toldAt: string | null;
}

const RESULTS = {
  working: { tone: "good", icon: "check", text: "The page works" },
  failing: { tone: "bad", icon: "alert", text: "The page fails" },
  unknown: { tone: "plain", icon: "clock", text: "Not known whether the page works" },
} as const;

const REASONS: Readonly<Record<string, string>> = {
  not_found: "There is no page at this address.",
  server_error: "The provider’s server answers with an error.",
  unreachable: "The provider’s server cannot be reached.",
  timeout: "The provider’s server does not answer in time.",
  tls: "The page’s certificate is not valid.",
  host_not_public: "The address is not on the public internet.",
  bad_answer: "The provider’s server does not answer with a page.",
  refuses_programs: "The provider turns programs away, so we cannot look.",
  no_network: "We could not look: our own network was away.",
};

/** Milliseconds before a certificate's end at which it is worth a word. */
const SOON = 14 * 86_400_000;

export function LinkHealthNote({ health }: { health: LinkHealth }) {
  const { result, reason, redirectsTo, tlsExpiresAt, checkedAt, failingSince, toldAt } = health;
  if (checkedAt === null) return null;
  const isFailing = result === "failing";
  const expiresSoon = tlsExpiresAt !== null && Date.parse(tlsExpiresAt) - Date.now() < SOON;
  const { tone, icon, text } = RESULTS[result];
  return (
    <div class="link-health" data-testid="link-health">
      <p>
        <Badge tone={tone} icon={icon}>
          {text}
        </Badge>{" "}
        <span class="hint">
          looked <Time at={checkedAt} />
          {isFailing && failingSince && (
            <>
              , failing since <Time at={failingSince} kind="short" />
            </>
          )}
          {isFailing && toldAt && ", owners were told by mail"}
        </span>
      </p>
      {reason && REASONS[reason] && <p>{REASONS[reason]}</p>}
      {redirectsTo && (
        <p class="warning">It sends visitors on to {redirectsTo}. Make sure that this is your provider.</p>
      )}
      {expiresSoon && tlsExpiresAt && (
        <p class="warning">
          Its certificate ends <Time at={tlsExpiresAt} kind="short" />. Browsers refuse the page after that.
        </p>
      )}
    </div>
  );
}
