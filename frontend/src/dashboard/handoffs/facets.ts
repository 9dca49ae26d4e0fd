/** What the filter menus offer: the values there are. */
import { call } from "../api/client.ts";
import { createStore } from "../state/store.ts";

interface Facets {
  services: readonly string[];
  sources: readonly string[];
  industries: readonly string[];
}

export const facets = createStore<Facets>({ services: [], sources: [], industries: [] });

/** Values come and go slowly: they are read again when the list is opened again after a while. */
const FRESH = 60_000;
let readAt = Number.NEGATIVE_INFINITY;

export async function loadFacets(): Promise<void> {
  if (performance.now() - readAt < FRESH) return;
  readAt = performance.now();
  try {
    facets.set(await call("GET /handoffs/facets"));
  } catch {
    readAt = Number.NEGATIVE_INFINITY;
    await offerServices();
  }
}

/** The menus cannot be read just now: offer at least what the business lists. */
async function offerServices(): Promise<void> {
  try {
    facets.set({ ...facets.get(), services: (await call("GET /booking")).services });
  } catch {
    // The list does without menus, and says itself what is wrong.
  }
}
