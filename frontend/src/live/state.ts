/** What pages know, and how frames and answers change it. Pure: the same news twice change nothing. */

import type { LogEntry, NewsFrame, Run, RunStatus, Step } from "../api/runTypes";

/** The one owner of a run's status: every part of a page that shows it reads it here. */
export interface RunState {
  run: Run | null;
  steps: Step[];
  entries: LogEntry[];
}

export const EMPTY_RUN: RunState = { run: null, steps: [], entries: [] };

/** Add news to what is known. Lines that are known already are passed by; an older run never covers a newer one, nor
 * do the steps that came with it. */
export function addNews(state: RunState, news: Omit<NewsFrame, "type" | "seq">): RunState {
  const run = newerRun(state.run, news.run ?? null);
  const late = news.run !== undefined && run !== news.run;
  return {
    run,
    steps: news.steps?.length && !late ? mergeSteps(state.steps, news.steps) : state.steps,
    entries: mergeLines(state.entries, news.entries ?? []),
  };
}

export function newerRun(known: Run | null, told: Run | null): Run | null {
  if (known === null || told === null) return told ?? known;
  return covers(told, known) ? told : known;
}

export function hasEnded(status: RunStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/** Whether `told` is at least as new. What has ended goes on no more: a retry is another run. */
function covers(told: Run, known: Run): boolean {
  if (told.last_seq !== known.last_seq) return told.last_seq > known.last_seq;
  return !hasEnded(known.status) || hasEnded(told.status);
}

function mergeSteps(known: Step[], told: Step[]): Step[] {
  const byNode = new Map(known.map((step) => [step.node, step]));
  for (const step of told) byNode.set(step.node, step);
  return [...byNode.values()].sort((a, b) => a.position - b.position);
}

/** In order and each once, also when an answer comes late that fills a gap. */
function mergeLines(known: LogEntry[], told: LogEntry[]): LogEntry[] {
  const [first] = told;
  if (first === undefined) return known;
  if (first.seq > (known.at(-1)?.seq ?? 0)) return [...known, ...told];
  const seqs = new Set(known.map((entry) => entry.seq));
  const fresh = told.filter((entry) => !seqs.has(entry.seq));
  return fresh.length === 0 ? known : [...known, ...fresh].sort((a, b) => a.seq - b.seq);
}

/** Newest first, each once, at most `most`. */
export function mergeRuns(known: Run[], told: Run[], most = 100): Run[] {
  const byId = new Map(known.map((run) => [run.id, run]));
  for (const run of told) byId.set(run.id, newerRun(byId.get(run.id) ?? null, run) ?? run);
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, most);
}
