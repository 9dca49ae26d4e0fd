/** Short messages in the corner, most with a way back. */
import { createStore } from "./store.ts";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "bad";
  undo?: () => void;
}

/** Milliseconds a message stays; the clock stands still while it is pointed at or focused. */
export const TOAST_TIME = 8000;
const MOST = 3;

export const toasts = createStore<readonly Toast[]>([]);
let last = 0;

export function toast(text: string, options: { tone?: Toast["tone"]; undo?: () => void } = {}): number {
  const next: Toast = { id: ++last, text, tone: options.tone ?? "plain", ...(options.undo && { undo: options.undo }) };
  toasts.set([...toasts.get(), next].slice(-MOST));
  return next.id;
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((each) => each.id !== id));
}
