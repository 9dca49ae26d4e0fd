/** Calls of the JSON API, typed by its description: `call("GET /handoffs/{handoff_id}", { path: { handoff_id } })`. */
import type { Operations } from "../../../.generated/openapi";
import { boot } from "../boot.ts";
import { isOnline } from "../state/connection.ts";
import { isVisitOver } from "../state/visit.ts";
import { ApiError, isAbort, UnreachableError } from "./problem.ts";

export type { Operations };
type Operation = keyof Operations;
export type Answer<N extends Operation> = Operations[N]["answer"];

type Part<N extends Operation, Name extends "path" | "query" | "body"> = Operations[N][Name] extends undefined
  ? { [Key in Name]?: undefined }
  : Name extends "query"
    ? { query?: Operations[N]["query"] | URLSearchParams }
    : { [Key in Name]: Operations[N][Name] };

export type Given<N extends Operation> = Part<N, "path"> &
  Part<N, "query"> &
  Part<N, "body"> & {
    signal?: AbortSignal;
    /** The ETag a conditional read compares with. */
    ifNoneMatch?: string | undefined;
    /** The ETag a write insists on. */
    ifMatch?: string | undefined;
  };

type Rest<N extends Operation> = {} extends Given<N> ? [given?: Given<N>] : [given: Given<N>];

export interface Reply<T> {
  /** False for 304: what was read before still stands, and `body` is undefined. */
  isNew: boolean;
  body: T;
  etag: string | undefined;
}

/** Milliseconds after which we stop waiting. */
const PATIENCE = 20_000;

/** The address of an operation, also for links (CSV). */
export function address(template: string, path: object | undefined, query: object | undefined): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((path as Record<string, unknown>)[name])),
  );
  const search = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (query !== undefined && search !== query) {
    for (const [name, value] of Object.entries(query)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        if (each !== undefined && each !== null) search.append(name, String(each));
      }
    }
  }
  return `/api/v1${filled}${search.size ? `?${search}` : ""}`;
}

/** Return the answer's body. Throws ApiError, UnreachableError, or the signal's AbortError. */
export async function call<N extends Operation>(name: N, ...rest: Rest<N>): Promise<Answer<N>> {
  return (await ask(name, ...rest)).body;
}

/** The same with the answer's ETag, for conditional reads and writes. */
export async function ask<N extends Operation>(name: N, ...[given]: Rest<N>): Promise<Reply<Answer<N>>> {
  const [method, template] = name.split(" ") as [string, string];
  const { path, query, body, signal, ifMatch, ifNoneMatch } = (given ?? {}) as {
    path?: object;
    query?: object;
    body?: unknown;
    signal?: AbortSignal;
    ifMatch?: string;
    ifNoneMatch?: string;
  };
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET") headers.set("X-CSRFToken", boot.csrf);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (ifMatch) headers.set("If-Match", ifMatch);
  if (ifNoneMatch) headers.set("If-None-Match", ifNoneMatch);
  const { response, text } = await send(address(template, path, query), {
    method,
    headers,
    cache: "no-store",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const etag = response.headers.get("ETag") ?? undefined;
  if (response.status === 304) return { isNew: false, body: undefined as Answer<N>, etag };
  const isEmpty = response.status === 204 || response.status === 202; // done, or taken on: nothing to read
  const parsed = isEmpty ? undefined : parse(response, text);
  if (response.ok) return { isNew: true, body: parsed as Answer<N>, etag };
  if (response.status === 401) return boot.support ? endVisit() : leaveForLogin();
  throw new ApiError(response.status, parsed, response.headers.get("Retry-After"));
}

/** Ask and read all of the answer: who stops waiting, or we, may do so until its last byte. */
async function send(url: string, init: RequestInit): Promise<{ response: Response; text: string }> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  init.signal?.addEventListener("abort", stop);
  const timer = setTimeout(stop, PATIENCE);
  try {
    const response = await fetch(url, { ...init, signal: controller.signal });
    const text = await response.text();
    isOnline.set(true);
    return { response, text };
  } catch (error) {
    if (isAbort(error) && init.signal?.aborted) throw error;
    isOnline.set(false);
    throw new UnreachableError();
  } finally {
    clearTimeout(timer);
    init.signal?.removeEventListener("abort", stop);
  }
}

function parse(response: Response, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (response.ok) throw new UnreachableError(); // cut off on the way
    return undefined;
  }
}

/** The support session is over: the shell says so, and nobody waits for the answer. */
function endVisit(): Promise<never> {
  isVisitOver.set(true);
  return new Promise(() => undefined);
}

let isLeaving = false;

/** The session is over: log in again and come back here. The page goes away, so nobody waits for the answer. */
function leaveForLogin(): Promise<never> {
  if (!isLeaving) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  isLeaving = true;
  return new Promise(() => undefined);
}
