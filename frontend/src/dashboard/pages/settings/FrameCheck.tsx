/** Whether the provider's page may stand in a frame on ours: what it said when it was last asked, and asking again. */
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { describe } from "../../api/problem.ts";
import { announce } from "../../state/announcer.ts";
import { Badge, Button, Time } from "../../ui/index.ts";
import type { BookingSettings } from "./bookingSettings.ts";
import type { Source } from "./useSection.ts";

const RESULTS = {
  allowed: { tone: "good", icon: "check", text: "The page allows our frame" },
  refused: { tone: "bad", icon: "close", text: "The page refuses our frame" },
  unknown: { tone: "plain", icon: "clock", text: "Not known" },
} as const;

const REASONS: Readonly<Record<string, string>> = {
  headers: "Its headers forbid other sites to frame it.",
  redirects_away: "It sends visitors on to another site, which the frame would have to allow too.",
  redirects: "It sends visitors on too many times.",
  error_page: "It answered with an error.",
  unreachable: "It could not be reached.",
  timeout: "It did not answer in time.",
  tls: "Its certificate could not be checked.",
  host_not_public: "Its address is not on the public internet.",
};

const EVERY = 1_500;
const PATIENCE = 45_000;

interface Props {
  source: Source<BookingSettings>;
  maySave: boolean;
  /** Nothing is typed that is not saved: the check looks at the saved page. */
  isSaved: boolean;
  /** Whether visitors would see the frame; null while we do not know. */
  frames: boolean | null;
  providerName: string;
}

export function FrameCheck({ source, maySave, isSaved, frames, providerName }: Props) {
  const { frameCheck, externalBookingUrl } = source.stored.value;
  const [state, setState] = useState<"idle" | "asking" | "late">("idle");
  const [error, setError] = useState("");
  const isGone = useRef(false);
  useEffect(() => () => void (isGone.current = true), []);

  const check = async (): Promise<void> => {
    setState("asking");
    setError("");
    try {
      await call("POST /settings/booking/frame-check");
      const isDone = await waitFor(source, frameCheck.checkedAt, () => isGone.current);
      setState(isDone ? "idle" : "late");
      if (isDone) announce("The page was checked.");
    } catch (reason) {
      setState("idle");
      setError(describe(reason));
    }
  };

  const result = RESULTS[frameCheck.result];
  return (
    <div class="frame-check">
      <p>
        <Badge tone={result.tone} icon={result.icon}>
          {result.text}
        </Badge>{" "}
        <span class="hint">
          {frameCheck.checkedAt ? (
            <>
              checked <Time at={frameCheck.checkedAt} />
            </>
          ) : (
            "not checked yet"
          )}
        </span>
      </p>
      {frameCheck.reason && <p>{REASONS[frameCheck.reason] ?? `The reason: ${frameCheck.reason}.`}</p>}
      <p class={frames === false ? "warning" : "hint"}>
        {frames === false
          ? `${providerName || "This page"} is not shown in a frame: visitors get the button that leads there.`
          : "Where the page does not appear in the frame within 8 seconds, visitors get the button that leads there."}
      </p>
      {maySave && (
        <div class="choices">
          <Button
            onClick={() => void check()}
            busy={state === "asking"}
            disabled={!isSaved || externalBookingUrl === ""}
          >
            {state === "asking" ? "Checking" : "Check now"}
          </Button>
          {!isSaved && <span class="hint">Save first: the saved page is checked.</span>}
        </div>
      )}
      {state === "late" && (
        <p class="hint" role="status">
          This takes longer than usual. The answer appears here when the page has been asked.
        </p>
      )}
      {error && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** Read until the check's time moved; false when that took too long. */
async function waitFor(
  source: Source<BookingSettings>,
  before: string | null,
  isGone: () => boolean,
): Promise<boolean> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end && !isGone()) {
    await new Promise((resolve) => setTimeout(resolve, EVERY));
    const read = await source.read();
    if (read.value.frameCheck.checkedAt !== before) {
      if (!isGone()) source.replace(read);
      return true;
    }
  }
  return isGone();
}
