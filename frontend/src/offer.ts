/** Brings the chat to life when the visitor turns to it, and not before: nothing of it is on the first load. */
import type { Page } from "./assistant.ts";

const STORE = "handoff-talk";

function isUnderWay(): boolean {
  try {
    return sessionStorage.getItem(STORE) !== null;
  } catch {
    return false;
  }
}

export function offerAssistant(card: HTMLElement, page: Page): void {
  const form = card.querySelector<HTMLFormElement>("form");
  const input = card.querySelector<HTMLTextAreaElement>("textarea");
  if (!form || !input) return;
  let opening: Promise<void> | null = null;
  let isOpen = false;

  const open = (): Promise<void> => {
    opening ??= import(/* @vite-ignore */ card.dataset["src"] ?? "").then(
      ({ openAssistant }: typeof import("./assistant.ts")) => {
        isOpen = true;
        openAssistant(card, page);
      },
      (error: unknown) => {
        opening = null;
        throw error;
      },
    );
    return opening;
  };
  const tryToOpen = (): void => void open().catch(() => undefined); // sending tries again

  card.addEventListener("focusin", tryToOpen, { once: true });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    card.classList.add("open"); // the room for the talk is made by the visitor's own act, so that no answer moves the page
    if (isOpen) return;
    event.preventDefault();
    open().then(
      () => form.requestSubmit(),
      () => {
        // The chat cannot be had: what was said goes into the form, which needs nothing more.
        page.fill("notes", input.value);
        document.getElementById("request")?.scrollIntoView();
        document.getElementById("request-title")?.focus({ preventScroll: true });
      },
    );
  });
  if (isUnderWay()) tryToOpen();
}
