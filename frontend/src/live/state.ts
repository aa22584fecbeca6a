/** What pages know, and how frames and answers change it. Pure: the same news twice change nothing. */

import type { LogEntry, NewsFrame, Run, Step } from "../api/types";

export interface RunState {
  run: Run | null;
  steps: Step[];
  entries: LogEntry[];
}

export const EMPTY_RUN: RunState = { run: null, steps: [], entries: [] };

/** Add news to what is known. Lines that are known already are passed by; an older run never covers a newer one. */
export function addNews(state: RunState, news: Omit<NewsFrame, "type" | "seq">): RunState {
  const last = state.entries.at(-1)?.seq ?? 0;
  const fresh = (news.entries ?? []).filter((entry) => entry.seq > last);
  return {
    run: newerRun(state.run, news.run ?? null),
    steps: news.steps?.length ? mergeSteps(state.steps, news.steps) : state.steps,
    entries: fresh.length > 0 ? [...state.entries, ...fresh] : state.entries,
  };
}

export function newerRun(known: Run | null, told: Run | null): Run | null {
  if (known === null || told === null) return told ?? known;
  return told.last_seq >= known.last_seq ? told : known;
}

function mergeSteps(known: Step[], told: Step[]): Step[] {
  const byNode = new Map(known.map((step) => [step.node, step]));
  for (const step of told) byNode.set(step.node, step);
  return [...byNode.values()].sort((a, b) => a.position - b.position);
}

/** Newest first, each once, at most `most`. */
export function mergeRuns(known: Run[], told: Run[], most = 100): Run[] {
  const byId = new Map(known.map((run) => [run.id, run]));
  for (const run of told) byId.set(run.id, newerRun(byId.get(run.id) ?? null, run) ?? run);
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, most);
}
