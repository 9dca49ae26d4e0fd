/** A record of the settings, read with its ETag and written on condition that it is still the same. */
import type { Reply } from "../../api/client.ts";
import { type Resource, useResource } from "../../state/resource.ts";
import type { Source, Stored } from "./useSection.ts";

interface Calls<T extends object> {
  read(signal?: AbortSignal): Promise<Reply<T>>;
  write(value: T, ifMatch: string | undefined): Promise<Reply<T>>;
}

/** The record once it is there; before, only how the reading goes. */
export function useSource<T extends object>(
  key: string,
  calls: Calls<T>,
): { resource: Resource<Stored<T>>; source: Source<T> | null } {
  const resource = useResource(key, async (signal) => toStored(await calls.read(signal)));
  const { data } = resource;
  if (data === undefined) return { resource, source: null };
  return {
    resource,
    source: {
      stored: data,
      read: async () => toStored(await calls.read()),
      write: async (value, etag) => toStored(await calls.write(value, etag)),
      replace: resource.replace,
    },
  };
}

function toStored<T>({ body, etag }: Reply<T>): Stored<T> {
  return { value: body, etag };
}
