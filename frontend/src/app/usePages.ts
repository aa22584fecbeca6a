import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, cursorOf } from "../api/client";
import type { Page } from "../api/types";
import { useSite } from "./context";
import { type Loaded, toSignIn } from "./useLoad";

const REFRESH_MS = 5_000;

type Merge<Item> = (known: Page<Item>, newest: Page<Item>) => Page<Item>;

export interface Pages<Item> {
  loaded: Loaded<Item[]>;
  /** What is shown is of other filters; the answer to the new ones is under way. */
  stale: boolean;
  /** Ask for the next page; null on the last one, and while it is under way. */
  older: (() => void) | null;
  again: () => void;
  /** Of a search: what is newer is not searched yet. */
  searchedUpTo?: string | null;
  /** And of what is older not all texts are searched yet. */
  logsReadFrom?: string | null;
}

/** A list of the API, page by page: what is shown stays while more, or other filters, are asked for. With `merge` the
 * newest page is asked for again every five seconds while the tab is seen. */
export function usePages<Item>(address: string, merge?: Merge<Item>): Pages<Item> {
  const { api, signIn } = useSite();
  const [found, setFound] = useState<{ address: string; page: Page<Item> } | null>(null);
  const [failure, setFailure] = useState("");
  const [asking, setAsking] = useState(false);
  const [turn, setTurn] = useState(0);
  const leaving = useRef(new AbortController());

  const refused = useCallback(
    (error: unknown) => {
      if (error instanceof ApiError && error.status === 401) toSignIn(signIn);
      setFailure(error instanceof ApiError ? error.message : "The list could not be loaded.");
    },
    [signIn],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is there to load again.
  useEffect(() => {
    const gone = new AbortController();
    leaving.current = gone;
    const first = () => api.list<Item>(address, "", gone.signal);
    const unlessGone = (act: () => void) => {
      if (!gone.signal.aborted) act();
    };
    setFailure("");
    setAsking(false);
    first().then(
      (page) => unlessGone(() => setFound({ address, page })),
      (error: unknown) => unlessGone(() => refused(error)),
    );
    if (merge === undefined) return () => gone.abort();
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      first().then(
        (newest) =>
          unlessGone(() =>
            setFound((known) =>
              known?.address === address ? { address, page: merge(known.page, newest) } : known,
            ),
          ),
        () => undefined, // the next turn may reach the server again
      );
    }, REFRESH_MS);
    return () => {
      clearInterval(timer);
      gone.abort();
    };
  }, [api, address, merge, turn, refused]);

  const next = found?.page.next ?? null;
  const current = found !== null && found.address === address;
  const older = () => {
    const { signal } = leaving.current;
    setAsking(true);
    api.list<Item>(address, cursorOf(next), signal).then(
      (page) => {
        if (signal.aborted) return;
        setAsking(false);
        setFound((known) => known && { address, page: joined(known.page, page) });
      },
      (error: unknown) => {
        if (signal.aborted) return;
        setAsking(false);
        refused(error);
      },
    );
  };
  return {
    loaded: stateOf(found?.page.results, failure),
    stale: found !== null && !current,
    older: next !== null && current && !asking ? older : null,
    searchedUpTo: found?.page.searched_up_to ?? null,
    logsReadFrom: found?.page.logs_read_from ?? null,
    again: useCallback(() => setTurn((now) => now + 1), []),
  };
}

function stateOf<Item>(items: Item[] | undefined, failure: string): Loaded<Item[]> {
  if (failure !== "") return { state: "failed", message: failure };
  return items === undefined ? { state: "loading" } : { state: "ready", value: items };
}

function joined<Item>(known: Page<Item>, older: Page<Item>): Page<Item> {
  return { ...known, next: older.next, results: [...known.results, ...older.results] };
}

/** The newest page put over what is shown: rows that left it go, older ones stay. When so much is new that the two
 * don't meet, only the newest page is left. */
export function mergeNewest<Item extends { id: number }>(known: Page<Item>, newest: Page<Item>): Page<Item> {
  const last = newest.results.at(-1);
  if (newest.next === null || last === undefined) return newest;
  const below = known.results.filter((item) => item.id < last.id);
  if (below.length === 0 || below.length === known.results.length) return newest;
  return { ...newest, next: known.next, results: [...newest.results, ...below] };
}
