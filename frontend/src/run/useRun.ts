import { useEffect, useEffectEvent, useState } from "react";
import { ApiError, itemsOf } from "../api/client";
import type { Frame, LogEntry } from "../api/runTypes";
import { useSite } from "../app/context";
import { toSignIn } from "../app/useLoad";
import type { LiveState } from "../live/socket";
import { addNews, EMPTY_RUN, type RunState } from "../live/state";
import { useLive } from "../live/useLive";

interface Known {
  id: number;
  state: RunState;
  trouble: string;
}

interface Watched {
  state: RunState;
  live: LiveState;
  /** Why the newest could not be fetched; "" while all is well. */
  trouble: string;
  /** Fetch what is new now, without waiting for the socket. */
  refresh: () => void;
}

const AGAIN_MS = 3_000;
const UNKNOWN = { state: EMPTY_RUN, trouble: "" };

/** A run with its steps and its log, as new as the socket, or else the polling, makes it. */
export function useRun(id: number): Watched {
  const { api, home, signIn } = useSite();
  const [known, setKnown] = useState<Known>({ id, ...UNKNOWN });
  // What was known of the run before is not of this one, nor are its late answers.
  if (known.id !== id) setKnown({ id, ...UNKNOWN });
  const { state, trouble } = known;
  const change = (how: (state: RunState) => RunState, trouble = "") =>
    setKnown((known) => (known.id === id ? { id, state: how(known.state), trouble } : known));

  const fetchAfter = async (after: number) => {
    try {
      // The run before its steps and lines: an end that is seen here never comes without what led to it.
      const run = await api.run(id);
      const [steps, first] = await Promise.all([api.steps(id), api.logs(id, after)]);
      const entries: LogEntry[] = [...itemsOf(first)];
      let cursor = after;
      // Whole pages until nothing new comes.
      for (let page = entries; page.length > 0; ) {
        cursor = page.at(-1)?.seq ?? cursor;
        if (cursor >= run.last_seq) break;
        page = itemsOf(await api.logs(id, cursor));
        entries.push(...page);
      }
      change((state) => addNews(state, { run, steps: itemsOf(steps), entries }));
      return cursor;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) toSignIn(signIn);
      const trouble = error instanceof ApiError ? error.message : "The run could not be loaded.";
      change((state) => state, trouble);
      throw error;
    }
  };

  /** The lines before the end that the socket began with, all at once: each drawing of thousands costs. */
  const fetchEarlier = async (until: number) => {
    const entries: LogEntry[] = [];
    for (let cursor = 0; cursor < until; cursor = entries.at(-1)?.seq ?? until) {
      const page = itemsOf(await api.logs(id, cursor));
      if (page.length === 0) break;
      entries.push(...page);
    }
    change((state) => addNews(state, { entries }));
  };

  const onFrame = (frame: Frame) => {
    if (frame.type === "reset") {
      change((state) => ({ ...state, entries: [] }));
      fetchAfter(0).catch(() => undefined);
    } else if (frame.type === "replay" || frame.type === "nothing" || frame.type === "news") {
      change((state) => addNews(state, frame));
    }
  };
  const live = useLive({ path: `ws/runs/${id}/`, home, after: 0, tail: true, onFrame, poll: fetchAfter });
  useEarlier(state, (until) => fetchEarlier(until));
  const refresh = () => {
    fetchAfter(state.entries.at(-1)?.seq ?? 0).catch(() => undefined);
  };
  return { state, live, trouble, refresh };
}

/** Has what a log lacks at its beginning fetched, again after a while where that fails. */
function useEarlier({ entries }: RunState, fetchEarlier: (until: number) => Promise<void>) {
  const missing = (entries[0]?.seq ?? 1) - 1;
  const fetch = useEffectEvent(fetchEarlier);
  useEffect(() => {
    if (missing === 0) return;
    let again: ReturnType<typeof setTimeout>;
    let left = false;
    const tryIt = () =>
      void fetch(missing).catch(() => {
        if (!left) again = setTimeout(tryIt, AGAIN_MS);
      });
    tryIt();
    return () => {
      left = true;
      clearTimeout(again);
    };
  }, [missing]);
}
