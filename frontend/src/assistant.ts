/**
 * The chat on the business's page, loaded when the visitor turns to it. What it learns stands in the form at once, and its
 * last step is that form's own: one way to send, one way to fail.
 */
import { NOTHING_SAID, changedSlots, hear, readTalk, say, toBody, type Line, type Talk } from "./dialogue.ts";

/** What the chat needs of the form beside it. */
export interface Page {
  /** Put a slot's value into its field. */
  fill(name: string, value: string): void;
  /** Send the form; false when the visitor has to look at it first. */
  send(): Promise<boolean>;
  /** The box with the ways on after a failure; null where the page has none. */
  makeRescue(reason: "error" | "offline" | "busy", url: string): HTMLElement | null;
}

const ENDPOINT = "/api/v1/assistant/messages";
const TIMEOUT_MS = 10_000;
const STORE = "handoff-talk";

function make(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export function openAssistant(card: HTMLElement, page: Page): void {
  const log = card.querySelector<HTMLElement>("[data-log]");
  const form = card.querySelector<HTMLFormElement>("form");
  const input = card.querySelector<HTMLTextAreaElement>("textarea");
  const send = card.querySelector<HTMLButtonElement>("[type=submit]");
  const chips = card.querySelector<HTMLElement>("[data-suggestions]");
  const over = card.querySelector<HTMLButtonElement>("[data-over]");
  if (!log || !form || !input || !send || !chips || !over) return;
  const opening = log.firstElementChild;

  let talk: Talk = NOTHING_SAID;
  let busy = false;

  const store = (): void => {
    try {
      if (talk.lines.length) sessionStorage.setItem(STORE, JSON.stringify(talk));
      else sessionStorage.removeItem(STORE);
    } catch {
      // Storage can be full or forbidden; the chat works without it.
    }
  };

  // --- drawing ---------------------------------------------------------------------------------------------------------------

  const show = (element: HTMLElement): void => {
    over.hidden = false;
    log.append(element);
    log.scrollTop = log.scrollHeight;
  };

  const drawLine = (line: Line): void => {
    const bubble = make("div", `bubble ${line.from}`);
    bubble.append(make("span", "vh", `${card.dataset[line.from] ?? ""}: `));
    const text = make("p", "", line.text);
    text.dir = "auto";
    if (line.lang) text.lang = line.lang;
    if (line.from === "assistant") text.dataset["testid"] = "assistant-message";
    bubble.append(text);
    show(bubble);
  };

  const drawChips = (): void => {
    chips.replaceChildren(
      ...talk.suggestions.map((text) => {
        const chip = make("button", "chip", text) as HTMLButtonElement;
        chip.type = "button";
        chip.addEventListener("click", () => {
          tell(text);
          input.focus({ preventScroll: true });
        });
        return chip;
      }),
    );
    log.scrollTop = log.scrollHeight;
  };

  const setBusy = (on: boolean): void => {
    busy = on;
    log.setAttribute("aria-busy", String(on));
    send.disabled = on;
    log.querySelector(".typing")?.remove();
    if (!on) return;
    const dots = make("p", "bubble assistant typing");
    dots.setAttribute("aria-hidden", "true");
    dots.append(make("i", ""), make("i", ""), make("i", ""));
    show(dots);
  };

  /** Nothing said is lost: the same step can be tried again, and the link and the contact stand there too. */
  const drawFailure = (reason: "error" | "offline" | "busy", url: string, retry: () => void): void => {
    const box = page.makeRescue(reason, url) ?? make("div", "rescue");
    const again = make("button", "btn main", card.dataset["again"]) as HTMLButtonElement;
    again.type = "button";
    again.addEventListener("click", () => {
      box.remove();
      input.focus({ preventScroll: true });
      retry();
    });
    box.append(again);
    show(box);
  };

  // --- one exchange ------------------------------------------------------------------------------------------------------------

  const fillForm = (before: Talk): void => {
    for (const [name, value] of changedSlots(before, talk)) page.fill(name, value);
  };

  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      const answer = await fetch(ENDPOINT, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: toBody(talk),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body = (await answer.json().catch(() => null)) as { booking?: { url?: string } | null } | null;
      const heard = answer.ok ? hear(talk, body, answer.headers.get("Content-Language")) : null;
      setBusy(false);
      if (!heard) {
        drawFailure(answer.status === 429 ? "busy" : "error", body?.booking?.url ?? "", retry);
        return;
      }
      const before = talk;
      talk = heard;
      store();
      drawLine(talk.lines.at(-1) as Line);
      drawChips();
      fillForm(before);
      if (talk.done) await handOver();
    } catch {
      setBusy(false);
      drawFailure(navigator.onLine ? "error" : "offline", "", retry);
    }
  };
  const retry = (): void => void ask();

  const handOver = async (): Promise<void> => {
    for (const [name, value] of Object.entries(talk.slots)) page.fill(name, value);
    setBusy(true);
    const sent = await page.send();
    setBusy(false);
    if (sent) {
      talk = NOTHING_SAID;
    } else {
      // The form says what is wrong and has the focus. A further word here is about the same summary.
      talk = { ...talk, done: false, asking: "confirm" };
    }
    store();
  };

  const tell = (text: string): void => {
    if (busy || !text) return;
    log.querySelector(".rescue")?.remove();
    talk = say(talk, text);
    store();
    drawLine(talk.lines.at(-1) as Line);
    drawChips();
    void ask();
  };

  // --- wiring ------------------------------------------------------------------------------------------------------------------

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (busy || !text) return;
    input.value = "";
    tell(text);
    input.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" }); // the talk has pushed it down
  });
  over.addEventListener("click", () => {
    const before = talk;
    talk = NOTHING_SAID;
    store();
    fillForm(before);
    log.replaceChildren(...(opening ? [opening] : []));
    drawChips();
    over.hidden = true;
    input.focus({ preventScroll: true });
  });

  try {
    talk = readTalk(sessionStorage.getItem(STORE));
  } catch {
    // As above.
  }
  card.classList.toggle("open", talk.lines.length > 0);
  talk.lines.forEach(drawLine);
  drawChips();
  if (talk.pending) drawFailure("error", "", retry); // left in the middle of an answer
}
