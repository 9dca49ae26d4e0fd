/** The form in a frame on the business's own site: it tells that page how tall it is, and leaves the frame when done. */

const TYPE = "booking-handoff:height";

/** The one origin around this frame, where it is on the tenant's list; null when it is not, or cannot be told. */
export function findParentOrigin(allowed: readonly string[], ancestors: ArrayLike<string> | undefined, referrer: string): string | null {
  let origin = ancestors?.[0];
  if (origin === undefined) {
    try {
      origin = new URL(referrer).origin;
    } catch {
      return null;
    }
  }
  return allowed.includes(origin) ? origin : null;
}

/** Posts `{type: "booking-handoff:height", height}` in CSS pixels to the page around, now and at every change. */
export function announceHeight(allowed: readonly string[]): void {
  if (parent === window) return;
  const origin = findParentOrigin(allowed, location.ancestorOrigins, document.referrer);
  if (!origin) return;
  let last = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === last) return;
    last = height;
    parent.postMessage({ type: TYPE, height }, origin);
  }).observe(document.body);
}

/** Opens `path` in place of the whole page around; where a browser forbids that, `stay` offers it as a link. */
export function leaveFrame(path: string, stay: () => void): void {
  window.open(path, "_top");
  setTimeout(stay, 1_500); // never runs where the page is left
}
