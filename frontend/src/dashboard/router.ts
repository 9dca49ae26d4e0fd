/** Which page an address means, and going from one to the next without leaving the document. */
import { createStore, useStore } from "./state/store.ts";

export const address = createStore(new URL(location.href));

history.scrollRestoration = "manual";
/** How far each entry of the history was scrolled when it was left. */
const scrolled = new Map<string, number>();
let entry = entryName(history.state);
/** Where to scroll once the page for the current address is drawn. */
let wanted = 0;
let lastList = location.pathname === "/dashboard" ? location.pathname + location.search : "/dashboard";
address.subscribe(() => {
  const { pathname, search } = address.get();
  if (pathname === "/dashboard") lastList = pathname + search;
});

function entryName(state: unknown): string {
  const given = (state as { entry?: string } | null)?.entry;
  if (given !== undefined) return given;
  const made = `${Date.now()}.${Math.random()}`;
  history.replaceState({ ...(state as object | null), entry: made }, "");
  return made;
}

/** Go to an address of the dashboard. `replace` leaves no entry behind: for filters that change key by key. */
export function navigate(href: string, options: { replace?: boolean } = {}): void {
  const to = new URL(href, location.href);
  if (to.href === location.href) return;
  scrolled.set(entry, scrollY);
  if (options.replace) {
    history.replaceState({ entry }, "", to);
  } else {
    entry = `${Date.now()}.${Math.random()}`;
    history.pushState({ entry }, "", to);
  }
  wanted = to.pathname === address.get().pathname ? scrollY : 0;
  address.set(to);
}

addEventListener("popstate", (event) => {
  scrolled.set(entry, scrollY);
  entry = entryName(event.state);
  wanted = scrolled.get(entry) ?? 0;
  address.set(new URL(location.href));
});

/** Where the list was left, filters included; the bare list for those who came by a link. */
export function backHref(): string {
  return lastList;
}

/** Scroll to where the current entry was; called when its page is drawn. */
export function restoreScroll(): void {
  scrollTo({ top: wanted, behavior: "instant" });
}

/** A plain click on a link into the dashboard stays in this document; every other click is the browser's. */
export function followLinks(prefetch: (path: string) => void): void {
  const inside = (event: Event): HTMLAnchorElement | null => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isOurs = link && link.origin === location.origin && /^\/dashboard(\/|$)/.test(link.pathname);
    return isOurs && !link.target && !link.hasAttribute("download") ? link : null;
  };
  document.addEventListener("click", (event) => {
    const link = inside(event);
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    navigate(link.href);
  });
  for (const kind of ["pointerover", "focusin", "touchstart"]) {
    document.addEventListener(
      kind,
      (event) => {
        const link = inside(event);
        if (link) prefetch(link.pathname);
      },
      { passive: true },
    );
  }
}

export const useAddress = (): URL => useStore(address);
