/** Keys for programs: made, shown once, revoked. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, call } from "../../api/client.ts";
import { describe } from "../../api/problem.ts";
import { useResource } from "../../state/resource.ts";
import { toast } from "../../state/toasts.ts";
import { Ask, Badge, Button, Card, type Column, copy, SelectField, TextField, Time } from "../../ui/index.ts";
import { Listing } from "./Listing.tsx";
import { useAdding } from "./useAdding.ts";

type ApiKey = Answer<"GET /api-keys">["items"][number];
type NewKey = Answer<"POST /api-keys">;

export function ApiKeys() {
  const keys = useResource("api-keys", (signal) => call("GET /api-keys", { signal }));
  const [made, setMade] = useState<NewKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const items = keys.data?.items ?? [];

  const revoke = async (key: ApiKey): Promise<void> => {
    setIsBusy(true);
    try {
      await call("DELETE /api-keys/{key_id}", { path: { key_id: String(key.id) } });
      keys.replace({ items: items.filter((each) => each.id !== key.id) });
      if (made?.id === key.id) setMade(null);
      toast(`The key “${key.name}” no longer works.`);
      box.current?.focus();
    } catch (error) {
      toast(describe(error), { tone: "bad" });
      keys.reload();
    } finally {
      setIsBusy(false);
      setRevoking(null);
    }
  };

  const columns: Column<ApiKey>[] = [
    {
      key: "name",
      header: "Name",
      cell: (key) => (
        <span class="person">
          <bdi>{key.name}</bdi> <code>{key.prefix}…</code>
        </span>
      ),
    },
    { key: "scope", header: "May", cell: (key) => <Badge>{key.scope === "write" ? "Read and write" : "Read"}</Badge> },
    { key: "created", header: "Made", cell: (key) => <Time at={key.createdAt} /> },
    { key: "used", header: "Last used", cell: (key) => (key.lastUsedAt ? <Time at={key.lastUsedAt} /> : "Never") },
    {
      key: "actions",
      header: "Actions",
      hideHeader: true,
      align: "end",
      cell: (key) => (
        <Button kind="ghost" icon="trash" onClick={() => setRevoking(key)}>
          Revoke<span class="vh"> {key.name}</span>
        </Button>
      ),
    },
  ];

  return (
    <Card title="API keys">
      <p class="sub">
        For programs of yours that read handoffs, or complete and reopen them. Never for the team or keys.
      </p>
      <MakeKey
        onMade={(key) => {
          setMade(key);
          if (keys.data) keys.replace({ items: [key, ...items] });
          else keys.reload();
        }}
      />
      {made && <Shown made={made} onDone={() => setMade(null)} />}
      <Listing
        resource={keys}
        box={box}
        caption="API keys"
        columns={columns}
        testId="key-row"
        lines={2}
        none="No keys yet."
      />
      {revoking && (
        <Ask
          title={`Revoke “${revoking.name}”?`}
          action="Revoke"
          busy={isBusy}
          onAction={() => void revoke(revoking)}
          onClose={() => setRevoking(null)}
        >
          <p>Programs that use this key stop working at once. It cannot be brought back.</p>
        </Ask>
      )}
    </Card>
  );
}

function MakeKey({ onMade }: { onMade: (key: NewKey) => void }) {
  const [scope, setScope] = useState<ApiKey["scope"]>("read");
  const { form, isBusy, submit, field } = useAdding({
    name: "name",
    check: (name) => (name === "" ? "Give the key a name, such as Reporting." : null),
    add: async (name) => onMade(await call("POST /api-keys", { body: { name, scope } })),
  });

  return (
    <form class="invite" ref={form} noValidate onSubmit={submit} aria-label="Make a key">
      <TextField
        {...field}
        label="Name of the key"
        autocomplete="off"
        maxLength={80}
        placeholder="Reporting"
      />
      <SelectField
        label="May"
        name="scope"
        value={scope}
        onChange={(event) => setScope(event.currentTarget.value as ApiKey["scope"])}
      >
        <option value="read" selected={scope === "read"}>
          Read
        </option>
        <option value="write" selected={scope === "write"}>
          Read and write
        </option>
      </SelectField>
      <Button kind="primary" type="submit" icon="key" busy={isBusy}>
        Make a key
      </Button>
    </form>
  );
}

/** The one time the key can be seen. */
function Shown({ made, onDone }: { made: NewKey; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [made.key]);
  return (
    <div class="notice shown-key" role="group" aria-label={`The key “${made.name}”`}>
      <div class="field">
        <label for="new-key">Copy this key now. It is not shown again.</label>
        <input id="new-key" ref={field} type="text" readOnly value={made.key} data-testid="new-key" />
      </div>
      <div class="choices">
        <Button kind="primary" icon="copy" onClick={() => void copy(made.key, "Key copied.")}>
          Copy the key
        </Button>
        <Button onClick={onDone}>I have kept it</Button>
      </div>
    </div>
  );
}
