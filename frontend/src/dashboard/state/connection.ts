/** Whether the server can be reached, as far as we know. */
import { createStore } from "./store.ts";

export const isOnline = createStore(navigator.onLine);

addEventListener("online", () => isOnline.set(true));
addEventListener("offline", () => isOnline.set(false));
