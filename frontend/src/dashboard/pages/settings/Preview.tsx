/** What the settings being typed would do: the provider we see in them, warnings, and the link visitors would get. */
import { useEffect, useState } from "preact/hooks";
import { type Answer, call } from "../../api/client.ts";
import { isAbort } from "../../api/problem.ts";
import { Badge, Icon, Skeleton } from "../../ui/index.ts";
import type { BookingDraft } from "./bookingSettings.ts";

/** Milliseconds without a key before we ask. */
const PAUSE = 350;

export interface BookingPreview {
  answer: Answer<"POST /settings/booking/preview"> | null;
  /** The words it is about are still being typed, or on their way. */
  isWaiting: boolean;
  isFailed: boolean;
  errorOf(field: string): string | undefined;
}

export function usePreview(draft: BookingDraft): BookingPreview {
  const [answer, setAnswer] = useState<BookingPreview["answer"]>(null);
  const [asked, setAsked] = useState("");
  const [isFailed, setIsFailed] = useState(false);
  const question = JSON.stringify(draft);
  const isEmpty = draft.externalBookingUrl === "";

  useEffect(() => {
    if (isEmpty) return;
    const controller = new AbortController();
    const timer = setTimeout(
      () => {
        call("POST /settings/booking/preview", {
          body: JSON.parse(question) as BookingDraft,
          signal: controller.signal,
        }).then(
          (given) => {
            if (controller.signal.aborted) return;
            setAnswer(given);
            setIsFailed(false);
            setAsked(question);
          },
          (error: unknown) => {
            if (isAbort(error)) return;
            setIsFailed(true);
            setAsked(question);
          },
        );
      },
      asked === "" ? 0 : PAUSE,
    );
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [question, isEmpty]);

  const isWaiting = !isEmpty && asked !== question;
  return {
    answer: isEmpty ? null : answer,
    isWaiting,
    isFailed,
    // Of what is typed no longer, nothing is said.
    errorOf: (field) =>
      isWaiting || isEmpty ? undefined : answer?.errors.find((each) => each.field === field)?.message,
  };
}

const FRAMING: Readonly<Record<string, string>> = {
  yes: "Can be shown in a frame",
  verify: "May be shown in a frame, once we checked the page",
  widget_only: "Cannot be shown in a frame, only by the provider’s own widget",
  no: "Cannot be shown in a frame",
  unknown: "We do not know whether it can be shown in a frame",
};

export function Preview({ preview }: { preview: BookingPreview }) {
  const { answer, isWaiting, isFailed } = preview;
  if (isFailed) return <p class="hint">The preview cannot be shown just now. You can save all the same.</p>;
  if (answer === null) {
    return isWaiting ? (
      <div class="preview">
        <Skeleton lines={5} label="Loading what visitors will get" />
      </div>
    ) : null;
  }
  const { provider, providerName, warnings, outboundUrl, valid } = answer;
  return (
    <section class="preview" aria-labelledby="preview-title" aria-busy={isWaiting}>
      <h3 id="preview-title">What visitors will get</h3>
      {provider && (
        <div class="known">
          <p data-testid="provider">
            {provider.id === "generic" ? (
              <Badge icon="globe">Not a provider we know; it works all the same</Badge>
            ) : (
              <Badge tone="good" icon="check">
                {provider.label} recognised
              </Badge>
            )}
          </p>
          <ul>
            <li>{FRAMING[provider.framing] ?? FRAMING["unknown"]}.</li>
            <li>
              {provider.carrier ? (
                <>
                  Hands our reference back in <code>{provider.carrier}</code>.
                </>
              ) : (
                "Does not hand our reference back by itself."
              )}
            </li>
            <li>
              {provider.prefill.length > 0
                ? `Takes the visitor’s ${provider.prefill.join(", ")}, where the visitor wishes it.`
                : "Takes none of the visitor’s details; they type them there again."}
            </li>
          </ul>
        </div>
      )}
      <div role="status">
        {warnings.length > 0 && (
          <ul class="warnings">
            {warnings.map((warning) => (
              <li key={warning.code + warning.message}>
                <Icon name="alert" />
                {warning.message}
              </li>
            ))}
          </ul>
        )}
      </div>
      {valid && outboundUrl && (
        <>
          <p class="cta">
            <span>Continue to booking on {providerName}</span>
          </p>
          <p class="outbound">
            <span class="hint">leads to, with a reference of its own each time:</span>
            <code data-testid="outbound-url">{outboundUrl}</code>
            <a href={outboundUrl} target="_blank" rel="noopener noreferrer">
              Try the link
              <Icon name="external" />
              <span class="vh">(opens in a new tab)</span>
            </a>
          </p>
        </>
      )}
    </section>
  );
}
