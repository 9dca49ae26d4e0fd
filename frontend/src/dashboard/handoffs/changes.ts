/** What a member does to a handoff: shown at once, taken back by one press, rolled back where the server refuses. */
import type { HandoffOut } from "../../../.generated/openapi";
import { call } from "../api/client.ts";
import { describe } from "../api/problem.ts";
import { announce } from "../state/announcer.ts";
import { toast } from "../state/toasts.ts";
import { hold, put, release } from "./pipeline.ts";
import { type Change, INVERSE, statusAfter } from "./status.ts";
import { nameOf } from "./words.ts";

/** Changes of one handoff reach the server in the order they were made. */
const queues = new Map<string, Promise<unknown>>();

function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
  const next = (queues.get(id) ?? Promise.resolve()).catch(() => undefined).then(work);
  queues.set(id, next);
  return next;
}

/** Hears of a handoff as it is to be shown: at once as it will be, then, settled, as the server answered or as it was. */
type Follow = (item: HandoffOut, isSettled: boolean) => void;

/** Change a handoff. The list follows by itself. */
export async function apply(change: Change, item: HandoffOut, follow: Follow = () => undefined): Promise<void> {
  const expected: HandoffOut = {
    ...item,
    status: statusAfter(change, item),
    completedAt: change === "complete" ? new Date().toISOString() : null,
  };
  hold(item.id, expected.status);
  follow(expected, false);
  const name = nameOf(item);
  const done = change === "complete" ? `${name} marked completed` : `${name} reopened`;
  toast(done, { undo: () => void apply(INVERSE[change], expected, follow) });
  try {
    const path = { handoff_id: item.id };
    const answer = await inTurn(item.id, () =>
      change === "complete"
        ? call("POST /handoffs/{handoff_id}/complete", { path })
        : call("POST /handoffs/{handoff_id}/reopen", { path }),
    );
    release(item.id, answer);
    follow(answer, true);
  } catch (error) {
    release(item.id, item);
    follow(item, true);
    toast(`${name} was not changed. ${describe(error)}`, { tone: "bad" });
  }
}

/** Erase the personal data. Not shown before it is done: it cannot be taken back. Throws what the call throws. */
export async function erase(item: HandoffOut): Promise<HandoffOut> {
  const path = { handoff_id: item.id };
  await inTurn(item.id, () => call("DELETE /handoffs/{handoff_id}", { path }));
  const erased = await call("GET /handoffs/{handoff_id}", { path });
  put(erased);
  announce("The personal data is erased.");
  return erased;
}
