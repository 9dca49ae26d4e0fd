/** Tells screen readers what changed without moving the focus. */
import { createStore } from "./store.ts";

export const announcement = createStore("");

export function announce(text: string): void {
  // The same words twice are news too: a reader speaks only when the text differs.
  announcement.set(announcement.get() === text ? `${text}\u00a0` : text);
}
