/** Whether the support session this page was opened in is over. */
import { createStore } from "./store.ts";

export const isVisitOver = createStore(false);
