import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "./context";

export type Loaded<Value> =
  | { state: "loading" }
  | { state: "failed"; message: string }
  | { state: "ready"; value: Value };

/** Load once for each `load` (wrap it in useCallback); `again` is for the button of a failed page. */
export function useLoad<Value>(load: (signal: AbortSignal) => Promise<Value>): [Loaded<Value>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<Value>>({ state: "loading" });
  const [turn, setTurn] = useState(0);
  const { signIn } = useSite();

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is there to load again.
  useEffect(() => {
    const leaving = new AbortController();
    setLoaded({ state: "loading" });
    load(leaving.signal).then(
      (value) => {
        if (!leaving.signal.aborted) setLoaded({ state: "ready", value });
      },
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) toSignIn(signIn);
        const message = error instanceof ApiError ? error.message : "The page could not be loaded.";
        setLoaded({ state: "failed", message });
      },
    );
    return () => leaving.abort();
  }, [load, turn, signIn]);

  return [loaded, useCallback(() => setTurn((now) => now + 1), [])];
}

export function toSignIn(address: string): void {
  location.assign(`${address}?next=${encodeURIComponent(location.pathname)}`);
}
