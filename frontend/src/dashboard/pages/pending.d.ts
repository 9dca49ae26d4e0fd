/** Operations the pages call that the description does not have yet; what it has wins over these. */
import type { Counts, Interval } from "./insights/figures.ts";
import type { Member, Role } from "./team/people.ts";

interface Call<Path, Query, Body, Answer> {
  path: Path;
  query: Query;
  body: Body;
  answer: Answer;
}

type Days = { from?: string; to?: string };

declare module "../api/pending.ts" {
  interface Pending {
    "GET /insights/funnel": Call<
      undefined,
      Days,
      undefined,
      { from: string; to: string; current: Counts; previousFrom: string; previousTo: string; previous: Counts }
    >;
    "GET /insights/timeline": Call<
      undefined,
      Days,
      undefined,
      { from: string; to: string; interval: Interval; points: (Counts & { start: string })[] }
    >;
    "GET /insights/breakdown": Call<
      undefined,
      Days & { by: string },
      undefined,
      { by: string; rows: (Counts & { key: string | number | null })[] }
    >;
    "GET /insights/time-to-click": Call<
      undefined,
      Days,
      undefined,
      {
        count: number;
        medianSeconds: number | null;
        p90Seconds: number | null;
        buckets: { upToSeconds: number | null; count: number }[];
      }
    >;
    "GET /team": Call<undefined, undefined, undefined, { items: Member[] }>;
    "POST /team": Call<undefined, undefined, { email: string; role: Role }, Member>;
    "PATCH /team/{member_id}": Call<{ member_id: string }, undefined, { role?: Role; active?: boolean }, Member>;
    "DELETE /team/{member_id}": Call<{ member_id: string }, undefined, undefined, undefined>;
    "POST /team/{member_id}/invitation": Call<{ member_id: string }, undefined, undefined, undefined>;
    "GET /api-keys": Call<undefined, undefined, undefined, { items: ApiKey[] }>;
    "POST /api-keys": Call<undefined, undefined, { name: string; scope: "read" | "write" }, ApiKey & { key: string }>;
    "DELETE /api-keys/{key_id}": Call<{ key_id: string }, undefined, undefined, undefined>;
    "GET /sessions": Call<undefined, undefined, undefined, { items: Session[] }>;
    "DELETE /sessions": Call<undefined, undefined, undefined, undefined>;
    "DELETE /sessions/{session_id}": Call<{ session_id: string }, undefined, undefined, undefined>;
    "POST /me/password": Call<undefined, undefined, { currentPassword: string; newPassword: string }, undefined>;
  }
}

interface ApiKey {
  id: number;
  name: string;
  scope: "read" | "write";
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
}

interface Session {
  id: string;
  createdAt: string;
  lastSeenAt: string;
  device: string;
  current: boolean;
}
