/** Where the bars of a timeline stand. Times are milliseconds since 1970, places are parts of its width (0–1). */

import type { Run } from "../api/runTypes";
import type { StepRow } from "./rows";

export interface Span {
  from: number;
  to: number;
}

export interface Segment {
  kind: "ran" | "waited";
  at: number;
  width: number;
}

export interface Tick {
  ms: number;
  at: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DISTANCES = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
];
const MOST_DISTANCES = 5;

/** From the first start to the last end, or to `now` while the run runs; never empty, so that places are numbers. */
export function spanOf(run: Run, rows: StepRow[], now: number): Span {
  const own = rows.map(({ step }) => step).filter((step) => step !== null && step.kept_from === null);
  const starts = [run.started_at, ...own.map((step) => step?.started_at ?? null)].filter(isTime);
  const ends = [run.finished_at, ...own.map((step) => step?.finished_at ?? null)].filter(isTime);
  const from = Math.min(...starts.map(Date.parse), ...(starts.length > 0 ? [] : [now]));
  const last = Math.max(from, ...ends.map(Date.parse), ...(run.finished_at === null ? [now] : []));
  return { from, to: Math.max(last, from + 1) };
}

/** What a step did when, in this run: each commit of a step writes a line, so what lies between its first and its last is waiting. */
export function segmentsOf({ step, lines }: StepRow, span: Span, now: number): Segment[] {
  if (step === null || step.started_at === null || step.kept_from !== null) return [];
  const from = Date.parse(step.started_at);
  const to = Math.max(from, step.finished_at === null ? now : Date.parse(step.finished_at));
  const within = (moment: string | undefined) =>
    moment === undefined ? to : Math.min(Math.max(Date.parse(moment), from), to);
  const waits = step.status === "waiting";
  const began = waits || lines.length > 1 ? within(lines[0]?.at ?? step.started_at) : to;
  const ended = waits ? to : within(lines.length > 1 ? lines.at(-1)?.at : undefined);
  const parts: [Segment["kind"], number, number][] = [
    ["ran", from, began],
    ["waited", began, ended],
    ["ran", ended, to],
  ];
  const drawn = parts.filter(([, start, end]) => end > start);
  if (drawn.length === 0) drawn.push([waits ? "waited" : "ran", from, to]);
  const length = span.to - span.from;
  return drawn.map(([kind, start, end]) => ({
    kind,
    at: (start - span.from) / length,
    width: (end - start) / length,
  }));
}

/** A handful of marks at round distances from the beginning. */
export function ticksOf({ from, to }: Span): Tick[] {
  const length = to - from;
  const distance = DISTANCES.find((step) => length / step <= MOST_DISTANCES) ?? wholeDays(length);
  const ticks: Tick[] = [];
  for (let ms = 0; ms <= length; ms += distance) ticks.push({ ms, at: ms / length });
  return ticks;
}

function wholeDays(length: number): number {
  let days = DAY;
  while (length / days > MOST_DISTANCES) days *= 2;
  return days;
}

function isTime(moment: string | null): moment is string {
  return moment !== null;
}
