/** Put text on the clipboard, also on plain http, where browsers keep their clipboard interface to themselves. */
import { toast } from "../state/toasts.ts";

export async function copy(text: string, done: string): Promise<void> {
  toast((await put(text)) ? done : `Your browser does not let us copy. The link is ${text}`);
}

async function put(text: string): Promise<boolean> {
  try {
    await (navigator.clipboard as Clipboard | undefined)?.writeText(text);
    if (navigator.clipboard as Clipboard | undefined) return true;
  } catch {
    // Refused: the old way may still do.
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "off";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isDone;
}
