/** Where you are logged in, and logging out there. */
import { useRef, useState } from "preact/hooks";
import { type Answer, call } from "../../api/client.ts";
import { describe } from "../../api/problem.ts";
import { useResource } from "../../state/resource.ts";
import { toast } from "../../state/toasts.ts";
import { Ask, Badge, Button, Card, ErrorState, Skeleton, Time } from "../../ui/index.ts";

type Session = Answer<"GET /sessions">["items"][number];

export function Sessions() {
  const sessions = useResource("sessions", (signal) => call("GET /sessions", { signal }));
  const [isAsking, setIsAsking] = useState(false);
  const [busy, setBusy] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const items = sessions.data?.items ?? [];

  const end = async (what: string, left: Session[], done: string, action: () => Promise<unknown>): Promise<void> => {
    if (busy !== null) return;
    setBusy(what);
    try {
      await action();
      sessions.replace({ items: left });
      toast(done);
      list.current?.focus();
    } catch (error) {
      toast(describe(error), { tone: "bad" });
      sessions.reload();
    } finally {
      setBusy(null);
      setIsAsking(false);
    }
  };
  const endOne = (session: Session): Promise<void> =>
    end(
      session.id,
      items.filter((each) => each.id !== session.id),
      "Logged out there.",
      () => call("DELETE /sessions/{session_id}", { path: { session_id: session.id } }),
    );
  const endOthers = (): Promise<void> =>
    end(
      "others",
      items.filter((each) => each.current),
      "Logged out everywhere else.",
      () => call("DELETE /sessions"),
    );

  return (
    <Card title="Where you are logged in">
      {sessions.error ? (
        <ErrorState error={sessions.error} retry={sessions.reload} />
      ) : sessions.data === undefined ? (
        <Skeleton lines={3} />
      ) : (
        <>
          <ul class="sessions" ref={list} tabIndex={-1}>
            {items.map((session) => (
              <li key={session.id} data-testid="session-row">
                <div>
                  <strong>
                    <bdi>{session.device}</bdi>
                  </strong>{" "}
                  {session.current && <Badge tone="good">This one</Badge>}
                  <p class="hint">
                    Since <Time at={session.createdAt} kind="short" /> · last seen <Time at={session.lastSeenAt} />
                  </p>
                </div>
                {!session.current && (
                  <Button onClick={() => void endOne(session)} busy={busy === session.id}>
                    Log out<span class="vh"> {session.device}</span>
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {items.length > 1 && <Button onClick={() => setIsAsking(true)}>Log out everywhere else</Button>}
        </>
      )}
      {isAsking && (
        <Ask
          title="Log out everywhere else?"
          action="Log out everywhere else"
          busy={busy === "others"}
          onAction={() => void endOthers()}
          onClose={() => setIsAsking(false)}
        >
          <p>Only this browser stays logged in.</p>
        </Ask>
      )}
    </Card>
  );
}
