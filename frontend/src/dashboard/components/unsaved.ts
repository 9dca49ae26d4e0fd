/** What people typed and did not save yet: asked about before the browser drops it. */
import { useEffect } from "preact/hooks";
import { createStore } from "../state/store.ts";

/** The forms with unsaved changes, by a name of their own. */
export const unsaved = createStore<ReadonlySet<string>>(new Set());

addEventListener("beforeunload", (event) => {
  if (unsaved.get().size > 0) event.preventDefault();
});

export function markUnsaved(name: string, isUnsaved: boolean): void {
  const before = unsaved.get();
  if (before.has(name) === isUnsaved) return;
  const after = new Set(before);
  if (isUnsaved) after.add(name);
  else after.delete(name);
  unsaved.set(after);
}

/** Calls back with the address of a link that leads away from this page while something is unsaved. */
export function useLeaving(onLeave: (href: string) => void): void {
  useEffect(() => {
    const hold = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      const leads = link && link.origin === location.origin && link.pathname !== location.pathname;
      if (!leads || !isPlain || link.target || link.hasAttribute("download") || unsaved.get().size === 0) return;
      event.preventDefault();
      onLeave(link.href);
    };
    // Before the router sees the click.
    document.addEventListener("click", hold, { capture: true });
    return () => document.removeEventListener("click", hold, { capture: true });
  }, [onLeave]);
}
