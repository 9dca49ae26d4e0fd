/** When the platform's support was in this dashboard; letting it change things, and ending it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, call } from "../../api/client.ts";
import { describe } from "../../api/problem.ts";
import { useResource } from "../../state/resource.ts";
import { toast } from "../../state/toasts.ts";
import { Ask, Badge, Button, Card, type Column, Time } from "../../ui/index.ts";
import { Listing } from "./Listing.tsx";
import { endedBy } from "./visits.ts";

type Visit = Answer<"GET /support-access">["items"][number];

const POLL = 15_000;

export function SupportAccess() {
  const log = useResource("support-access", (signal) => call("GET /support-access", { signal }));
  const [raising, setRaising] = useState<Visit | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const shown = log.data ? { ...log, error: undefined } : log; // a look that failed takes nothing away; the next comes

  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) log.reload();
    };
    const timer = setInterval(look, POLL);
    addEventListener("focus", look);
    return () => {
      clearInterval(timer);
      removeEventListener("focus", look);
    };
  }, [log.reload]);

  const act = async (done: string, action: () => Promise<unknown>): Promise<void> => {
    setIsBusy(true);
    try {
      await action();
      toast(done);
    } catch (error) {
      toast(describe(error), { tone: "bad" });
    } finally {
      setIsBusy(false);
      setRaising(null);
      log.reload();
      box.current?.focus();
    }
  };
  const path = (visit: Visit): { path: { access_id: string } } => ({ path: { access_id: String(visit.id) } });
  const letChange = (visit: Visit): Promise<void> =>
    act(`${visit.email} may change things until the session ends.`, () =>
      call("POST /support-access/{access_id}/raise", path(visit)),
    );
  const end = (visit: Visit): Promise<void> =>
    act(`The session of ${visit.email} is over.`, () => call("DELETE /support-access/{access_id}", path(visit)));

  const columns: Column<Visit>[] = [
    { key: "who", header: "Who", cell: (visit) => <bdi>{visit.email}</bdi> },
    { key: "from", header: "From", cell: (visit) => <Time at={visit.openedAt} kind="short" /> },
    {
      key: "until",
      header: "Until",
      cell: (visit) =>
        visit.endedAt === null ? (
          <span>
            <Badge tone="warm">Open</Badge> <Time at={visit.endsAt} kind="short" /> at the latest
          </span>
        ) : (
          <span>
            <Time at={visit.endedAt} kind="short" />, {endedBy(visit.endedBy)}
          </span>
        ),
    },
    {
      key: "may",
      header: "Might",
      cell: (visit) =>
        visit.raisedAt === null ? (
          "Look"
        ) : (
          <span>
            Change things, by <bdi>{visit.raisedBy}</bdi> <Time at={visit.raisedAt} kind="short" />
          </span>
        ),
    },
    {
      key: "actions",
      header: "Actions",
      hideHeader: true,
      align: "end",
      cell: (visit) =>
        visit.endedAt === null ? (
          <span class="visit-actions">
            {visit.raisedAt === null && (
              <Button onClick={() => setRaising(visit)}>
                Let it change things<span class="vh"> ({visit.email})</span>
              </Button>
            )}
            <Button icon="close" busy={isBusy} onClick={() => void end(visit)}>
              End now<span class="vh"> ({visit.email})</span>
            </Button>
          </span>
        ) : null,
    },
  ];

  return (
    <Card title="Support access">
      <p class="sub">
        The platform’s support comes in to look when you ask for help, for half an hour at most. It changes nothing
        unless you let it, and never sees keys or passwords.
      </p>
      <Listing
        resource={shown}
        box={box}
        caption="Support sessions"
        columns={columns}
        testId="support-row"
        lines={2}
        none="Support has not been here."
      />
      {raising && (
        <Ask
          title={`Let ${raising.email} change things?`}
          action="Let it change things"
          busy={isBusy}
          onAction={() => void letChange(raising)}
          onClose={() => setRaising(null)}
        >
          <p>
            Until this session ends, support may complete and reopen handoffs and save settings. It can never erase
            data, change how long data is kept or who is mailed, or touch the team and keys.
          </p>
        </Ask>
      )}
    </Card>
  );
}
