/** Runs, run-tests and what they show, as the API says it. */

import type { Mode, Present, Problem } from "./types";

export type RunStatus = "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled";

export type StepStatus = "pending" | "running" | "waiting" | "succeeded" | "failed" | "skipped" | "cancelled";

export interface RunTestBody {
  version?: "draft" | number;
  trigger?: string;
  event?: Record<string, unknown>;
  event_id?: number;
  scenario?: number;
  record?: string;
  records?: "live" | string[];
  input?: Record<string, unknown>;
  limit?: number;
  at?: string;
}

export interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

export interface PlannedAction {
  node: string;
  kind: string;
  risk: string;
  allowed: boolean;
  status: string;
  assumed: boolean;
  changes: Change[];
  preview: unknown;
}

export interface Candidate {
  record: string | null;
  branch: string;
  path: { node: string; branches: string[] }[];
  status: string;
  inconclusive: boolean;
  actions: PlannedAction[];
}

export interface Near {
  rule: Record<string, unknown>;
  total: number;
  records: { record: string; title: string; saw: Record<string, unknown> }[];
}

export interface RunTest {
  run: number | null;
  mode: Mode;
  matched: boolean;
  decision: { outcome: string; reason: Record<string, unknown> };
  candidates: {
    total: number;
    shown: number;
    /** Of the module; null where the test was not about all of them. */
    records: number | null;
    branches: { node: string; branch: string; total: number }[];
    /** Where no live record is selected: those that fail at one part of the trigger's rule alone. */
    nearest: Near[];
    items: Candidate[];
  };
  logs: (LogEntry & { record: string | null })[];
  problems: Problem[];
}

export interface Failure {
  code?: string;
  message?: string;
  node?: string;
  /** Whose it is to mend: the workflow's people, or the product. */
  fault?: "user" | "engine";
  retryable?: boolean;
  what_to_do?: string;
  /** The page where something is done about it, below the app's own address. */
  link?: string;
}

export interface Run {
  id: number;
  workflow: { id: number; key: string; name: string };
  version: number;
  mode: Mode;
  status: RunStatus;
  /** Not in what the live socket tells. */
  module?: string | null;
  record: string;
  /** As many runs of its workflow are at work as may be at once. */
  waits_for_place: boolean;
  /** It waits for somebody to say whether a call of it happened. */
  needs_review: boolean;
  /** The run that this one goes on with, or does again; and the one by which it was retried. */
  retry_of: number | null;
  retried_as: number | null;
  inconclusive: boolean;
  failure_code: string;
  failure: Failure;
  /** What a stop action said; null without the right to see payloads, absent in lists. */
  outcome?: Record<string, unknown> | null;
  last_seq: number;
  created_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  /** Of a search: where its words stand. */
  matches?: Match[];
}

/** A text of a run in which a word stands that was looked for. */
export interface Match {
  where: "record" | "error" | "step" | "log" | "input" | "outcome" | "event" | "change" | "output";
  node: string;
  /** What the step is called. */
  step: string;
  /** The number of a log line. */
  line: number | null;
  text: string;
}

/** With what never changes in a run, which frames leave out: why it began and with what. */
export interface Related {
  kind: "receipt" | "delivery";
  /** The step that it belongs to; "" where it started the run. */
  node: string;
  name: string;
  state: string;
  link: string;
}

export interface RunDetail extends Run {
  trigger_node: string;
  module: string | null;
  event: number | null;
  actor: string | null;
  parent: number | null;
  /** Among the runs that may be at work at once; null without such a limit, and when it has ended. */
  place: { waits: boolean; sentence: string } | null;
  /** What a standstill means for it: whether it waits for the end, or only what comes after it. */
  standstill: { waits: boolean; until: string | null; sentence: string } | null;
  /** Of its dead letter; null unless it is one. */
  fingerprint: string | null;
  /** By which request a webhook has started it, and its newest calls, as far as the reader may see them. */
  related: Related[];
  /** null without the right to see payloads. */
  input: Record<string, unknown> | null;
}

/** One way to retry a run: what it would keep, in a sentence, or why it can't be. */
export interface RetryChoice {
  start: "failed_step" | "start";
  version: "run" | "active";
  number: number | null;
  refusal: { code: string; detail: string } | null;
  kept: string[];
  again: string[];
  sentence: string;
}

export interface RunChange extends Change {
  module: string;
  record: string;
}

/** What is told of a value that is asked for by itself. */
export interface Large {
  /** Bytes of it. */
  size: number;
  hash: string;
  preview: string;
}

export interface Step {
  node: string;
  position: number;
  kind: string;
  status: StepStatus;
  branches: string[];
  attempt: number;
  /** null without the right to see payloads; `changes` is empty then. */
  output: unknown;
  /** An output that is too large to come with its step. */
  large: Large | null;
  changes: RunChange[];
  error: Failure | null;
  wait: { kind: string; until: string | null } | null;
  assumed: boolean;
  /** The run that did it, when a retry kept it. */
  kept_from: number | null;
  started_at: string | null;
  finished_at: string | null;
}

export interface LogEntry {
  seq: number;
  at: string;
  level: string;
  node: string;
  message: string;
  data?: unknown;
}

export interface NewsFrame {
  type: "replay" | "nothing" | "news";
  seq: number;
  entries?: LogEntry[];
  steps?: Step[];
  run?: Run;
  runs?: Run[];
}

export type Frame =
  | NewsFrame
  | { type: "reset"; seq: number }
  | { type: "end"; seq: number; status: RunStatus }
  | { type: "pong" }
  | { type: "people"; people: Present[] };

export interface Overview {
  unread_notifications: number;
  active: Record<"queued" | "running" | "waiting", number>;
  week: Record<RunStatus, number>;
  /** Runs that wait for somebody to say whether a call happened. */
  needs_review: number;
  /** Dead letters that wait for somebody to redrive or discard them. */
  dead_letters: number;
  failing: Run[];
}

/** Runs that began on one day; `other` were cancelled or have not ended. */
export interface DayRuns {
  day: string;
  succeeded: number;
  failed: number;
  other: number;
}

export interface Activity {
  workflow: number;
  days: DayRuns[];
  /** Seconds that half of the runs took at most. */
  median: number | null;
  last_run: Run | null;
  may_pause: boolean;
}

export interface GridRow {
  node: string;
  kind: string;
  title: string;
}

export type GridRun = Run & { steps: Record<string, StepStatus> };

/** How many runs left a step by one of its ways. */
export interface WayTraffic {
  node: string;
  /** "" for the only way out. */
  branch: string;
  runs: number;
}

export interface Traffic {
  /** How many were looked at, the newest of one version. */
  runs: number;
  /** Without those that none of them took. */
  ways: WayTraffic[];
}

export interface RunGrid {
  rows: GridRow[];
  runs: GridRun[];
}
