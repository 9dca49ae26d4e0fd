/** Something a page reads: loading, there, or failed; what was there stays while it is read again. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Resource<T> {
  data: T | undefined;
  error: unknown;
  isLoading: boolean;
  /** Read it again. */
  reload(): void;
  /** Put what a write answered in its place. */
  replace(data: T): void;
}

/** Reads by `read` whenever `key` changes; an answer that comes after the next question is dropped. */
export function useResource<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown; isLoading: boolean }>({
    key,
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  const reader = useRef(read);
  reader.current = read;

  useEffect(() => {
    const controller = new AbortController();
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
    reader.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key, data, isLoading: false });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState((before) => ({ ...before, key, error, isLoading: false }));
      },
    );
    return () => controller.abort();
  }, [key, round]);

  const current = state.key === key ? state : { key, isLoading: true };
  return {
    data: current.data,
    error: current.isLoading ? undefined : current.error,
    isLoading: current.isLoading,
    reload: useCallback(() => setRound((n) => n + 1), []),
    replace: useCallback((data: T) => setState({ key, data, isLoading: false }), [key]),
  };
}
