/**
 * The visitor pages. Everything works without this script: it sends the form in place, keeps what was typed, and offers a way
 * on when the request fails. All texts come from the page, so that they are translated in one place.
 */
import "./visitor.css";
import {
  TEXT_FIELDS,
  buildBody,
  findMissing,
  keyFor,
  makeKey,
  readAnswer,
  splitPhrase,
  togglePick,
  type FieldError,
  type TextField,
  type Values,
} from "./capture.ts";
import type { Page } from "./assistant.ts";
import { announceHeight, leaveFrame } from "./embed.ts";
import { offerAssistant } from "./offer.ts";

const frameOrigins = document.body.dataset["frameOrigins"]?.split(" ").filter(Boolean);

const ENDPOINT = "/api/v1/handoffs";
const TIMEOUT_MS = 10_000;
/** So long nobody has to look at a button that says "Sending": then the link and the contact stand there too. */
const SLOW_MS = 3_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;
const DRAFT = "handoff-draft";

type Control = HTMLInputElement | HTMLTextAreaElement;

/** What survives a reload: the words typed, and the key under which they may have been sent already. */
interface Draft {
  values: Partial<Values>;
  key: string;
  sent: string | null;
}

function enhance(form: HTMLFormElement): Page {
  const control = (name: string): Control | null => {
    const found = form.elements.namedItem(name);
    return found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement ? found : null;
  };
  const valueOf = (name: string): string => control(name)?.value ?? "";
  const text = (key: string): string => form.dataset[key] ?? "";
  const submit = form.querySelector<HTMLButtonElement>("[type=submit]");
  const live = form.querySelector<HTMLElement>("[data-live]");
  const summary = form.querySelector<HTMLElement>("[data-summary]");
  const rescue = form.querySelector<HTMLTemplateElement>("[data-rescue]");

  let busy = false;
  let key = valueOf("idempotencyKey");
  let sent: string | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const values = (): Values =>
    Object.fromEntries(TEXT_FIELDS.map((name) => [name, valueOf(name)])) as Values;

  const body = (): string => {
    const attribution: Record<string, string> = {};
    for (const hidden of form.querySelectorAll<HTMLInputElement>("[data-attribution]")) {
      attribution[hidden.name] = hidden.value;
    }
    const share = control("shareDetailsWithProvider");
    return buildBody(values(), {
      sourcePage: valueOf("sourcePage"),
      attribution,
      shareDetails: share instanceof HTMLInputElement ? share.checked : null,
      honeypot: valueOf("website"),
    });
  };

  // --- the draft: nothing typed is ever lost -----------------------------------------------------------------------------

  const store = (): void => {
    const draft: Draft = { values: values(), key, sent };
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify(draft));
    } catch {
      // Storage can be full or forbidden; the form works without it.
    }
  };

  const restore = (): void => {
    try {
      const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null") as Draft | null;
      if (!draft) return;
      for (const name of TEXT_FIELDS) {
        const field = control(name);
        // What the server or the browser put there is newer than the draft.
        if (field && !field.value) field.value = draft.values[name] ?? "";
      }
      if (draft.sent) {
        key = draft.key;
        sent = draft.sent;
      }
    } catch {
      // An unreadable draft is no draft.
    }
  };

  const forget = (): void => {
    try {
      sessionStorage.removeItem(DRAFT);
    } catch {
      // As above.
    }
  };

  // --- errors --------------------------------------------------------------------------------------------------------------

  const clearError = (name: string): void => {
    document.getElementById(`error-${name}`)?.remove();
    const field = control(name);
    if (!field) return;
    field.removeAttribute("aria-invalid");
    const rest = (field.getAttribute("aria-describedby") ?? "").replace(`error-${name}`, "").trim();
    if (rest) field.setAttribute("aria-describedby", rest);
    else field.removeAttribute("aria-describedby");
  };

  const showError = (field: Control, message: string): void => {
    clearError(field.name);
    const error = document.createElement("p");
    error.id = `error-${field.name}`;
    error.className = "error";
    error.dataset["testid"] = "field-error";
    error.textContent = message;
    field.after(error);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${error.id} ${field.getAttribute("aria-describedby") ?? ""}`.trim());
  };

  const clearErrors = (): void => {
    for (const name of [...TEXT_FIELDS, "shareDetailsWithProvider"]) clearError(name);
    if (summary) summary.hidden = true;
    form.querySelector(".rescue")?.remove();
  };

  const showErrors = (errors: readonly Pick<FieldError, "field" | "message">[]): void => {
    const shown = errors.map(({ field, message }) => {
      const target = control(field);
      const visible = target && target.type !== "hidden" && field !== "website" ? target : null;
      if (visible) showError(visible, message);
      return { visible, message };
    });
    const general = shown.filter(({ visible }) => !visible);
    if (general.length && summary) {
      summary.querySelector("ul")?.replaceChildren(
        ...general.map(({ message }) => {
          const item = document.createElement("li");
          item.textContent = message;
          return item;
        }),
      );
      summary.hidden = false;
    }
    if (live) live.textContent = shown.map(({ message }) => message).join(" ");
    const first = TEXT_FIELDS.map((name) => shown.find(({ visible }) => visible?.name === name)?.visible).find(Boolean);
    (first ?? shown.find(({ visible }) => visible)?.visible ?? summary)?.focus();
  };

  // --- sending ---------------------------------------------------------------------------------------------------------------

  const setBusy = (on: boolean): void => {
    busy = on;
    form.setAttribute("aria-busy", String(on));
    if (submit) {
      submit.disabled = on;
      submit.textContent = on ? text("sending") : text("submit");
    }
    if (live) live.textContent = on ? text("sending") : "";
  };

  /** A failed request is not the end: what was typed stays, and the booking link and the contact stand there at once. */
  const makeRescue = (reason: string, url: string): HTMLElement | null => {
    const box = rescue?.content.querySelector(".rescue")?.cloneNode(true);
    if (!rescue || !(box instanceof HTMLElement)) return null;
    const title = box.querySelector(".title");
    if (title) title.textContent = rescue.dataset[reason] ?? rescue.dataset["error"] ?? "";
    const link = box.querySelector<HTMLAnchorElement>("[data-direct]");
    const target = url || text("plainUrl");
    if (target) link?.setAttribute("href", target);
    else link?.remove();
    box.querySelector<HTMLElement>("[data-contact]")?.setAttribute("data-testid", "contact-cta");
    return box;
  };

  const showRescue = (reason: string, url = ""): void => {
    const box = makeRescue(reason, url);
    form.querySelector(".rescue")?.remove();
    if (!box) return;
    submit?.before(box);
    if (busy) return; // still under way: a way around, and no reason to look at it
    if (submit) submit.textContent = text("retry");
    box.focus();
  };

  const post = async (payload: string): Promise<ReturnType<typeof readAnswer>> => {
    const answer = await fetch(ENDPOINT, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key },
      body: payload,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return readAnswer(answer.status, (await answer.json().catch(() => null)) as unknown);
  };

  /** Goes on to the hand-over page; out of a frame that stands on another site's page. */
  const leave = (path: string): void => {
    if (!frameOrigins) {
      location.assign(path);
      return;
    }
    leaveFrame(path, () => {
      const link = document.createElement("a");
      link.className = "btn main";
      link.href = path;
      link.target = "_top";
      link.textContent = text("submit");
      submit?.replaceWith(link);
      link.focus();
    });
  };

  const goOn = (id: string): void => {
    forget();
    leave(`/handoff/${id}`);
  };

  /** Nobody answered: the same words go out again under the same key, more and more rarely, while they stand there. */
  const keepTrying = (payload: string, wait = FIRST_RETRY_MS): void => {
    clearTimeout(retry);
    retry = setTimeout(() => {
      if (busy || sent !== payload || body() !== payload) return;
      const again = (): void => keepTrying(payload, Math.min(wait * 2, LAST_RETRY_MS));
      post(payload).then((outcome) => {
        if (outcome.kind === "done" && !busy) goOn(outcome.id);
        else if (outcome.kind === "failed" && !outcome.refused) again();
      }, again);
    }, wait);
  };

  /** Sends what stands in the form; false when the visitor has to look at it first. */
  const send = async (): Promise<boolean> => {
    if (busy) return false;
    clearErrors();
    const missing = findMissing(values());
    if (missing.length) {
      showErrors(missing.map((field) => ({ field, message: control(field)?.dataset["missing"] ?? "" })));
      return false;
    }
    const payload = body();
    const before = sent;
    key = keyFor(key, sent, payload);
    sent = payload;
    store();
    setBusy(true);
    clearTimeout(retry);
    const slow = setTimeout(() => showRescue("busy"), SLOW_MS);
    try {
      let outcome = await post(payload);
      if (outcome.kind === "reusedKey") {
        key = makeKey();
        outcome = await post(payload);
      }
      if (outcome.kind === "done") {
        goOn(outcome.id);
        return true; // still busy: the next page is on its way
      }
      setBusy(false);
      if (outcome.kind !== "failed" || outcome.refused) sent = before;
      if (outcome.kind === "invalid") showErrors(outcome.errors);
      else if (outcome.kind === "failed") {
        showRescue(outcome.reason, outcome.url ?? "");
        if (!outcome.refused) keepTrying(payload);
      } else showRescue("error");
    } catch {
      // No answer within the time: it may have been stored, so the same words go out under the same key again.
      setBusy(false);
      showRescue(navigator.onLine ? "error" : "offline");
      keepTrying(payload);
    } finally {
      clearTimeout(slow);
    }
    store();
    return false;
  };

  // --- chips -----------------------------------------------------------------------------------------------------------------

  const service = control("requestedService");
  const time = control("preferredDateTimeText");
  const serviceChips = [...document.querySelectorAll<HTMLElement>("[data-service]")];
  const picks = [...form.querySelectorAll<HTMLElement>("[data-day],[data-part]")];
  const wordsOf = (name: "day" | "part"): string[] => picks.map((chip) => chip.dataset[name] ?? "").filter(Boolean);
  const days = wordsOf("day");
  const parts = wordsOf("part");

  const press = (chip: HTMLElement, on: boolean): void => {
    chip.removeAttribute("aria-current"); // the server's mark of a preselected service, for pages without this script
    chip.setAttribute("aria-pressed", String(on));
  };
  const refresh = (): void => {
    const wanted = service?.value.trim().toLowerCase();
    for (const chip of serviceChips) press(chip, chip.dataset["service"]?.toLowerCase() === wanted);
    const phrase = splitPhrase(time?.value ?? "", days, parts);
    for (const chip of picks) press(chip, [phrase.day, phrase.part].includes(chip.dataset["day"] ?? chip.dataset["part"] ?? "-"));
    const notes = control("notes");
    const counter = form.querySelector("[data-counter]");
    if (notes && counter) counter.textContent = `${notes.value.length} / 1000`;
  };
  const fill = (field: Control | null, value: string): void => {
    if (!field) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  for (const chip of serviceChips) {
    chip.setAttribute("role", "button");
    chip.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault(); // a button answers to Space; this was a link until the script came
      chip.click();
    });
    chip.addEventListener("click", (event) => {
      event.preventDefault();
      const name = chip.dataset["service"] ?? "";
      const inForm = form.contains(chip);
      fill(service, inForm && service?.value === name ? "" : name);
      if (inForm) return;
      const heading = document.getElementById("request-title");
      document.getElementById("request")?.scrollIntoView();
      heading?.focus({ preventScroll: true });
    });
  }
  for (const chip of picks) {
    chip.addEventListener("click", () => {
      const word = chip.dataset["day"] ?? chip.dataset["part"] ?? "";
      fill(time, togglePick(time?.value ?? "", word, days, parts));
    });
  }

  // --- wiring ------------------------------------------------------------------------------------------------------------------

  form.addEventListener("input", (event) => {
    if (event.target instanceof HTMLElement) {
      const name = event.target.getAttribute("name") ?? "";
      clearError(name);
      // Either contact is enough, so typing one settles the complaint about the other.
      if (name === "customerPhone" || name === "customerEmail") {
        clearError("customerPhone" satisfies TextField);
        clearError("customerEmail" satisfies TextField);
      }
    }
    refresh();
    store();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  // Back from the next page: the browser may show this one as it was left, in the middle of sending.
  addEventListener("pageshow", (event) => {
    if (event.persisted) setBusy(false);
    refresh();
  });

  restore();
  refresh();
  document.documentElement.classList.add("js");
  return { fill: (name, value) => fill(control(name), value), send, makeRescue };
}

const form = document.querySelector<HTMLFormElement>("[data-capture]");
const page = form && enhance(form);
const assistant = document.getElementById("assistant");
if (page && assistant) offerAssistant(assistant, page);
if (frameOrigins) announceHeight(frameOrigins);
