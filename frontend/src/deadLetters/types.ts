/** Dead letters, their causes and redrives, as the API says it. */

import type { RunChange, RunStatus } from "../api/runTypes";
import type { AuditEntry } from "../api/types";
import type { Failure } from "../diagnosis/types";
import type { Edit } from "./edits";

interface WorkflowName {
  id: number;
  key: string;
  name: string;
}

export type TriageState = "new" | "looking" | "fixed" | "ignored";

export interface Triage {
  workflow: WorkflowName;
  state: TriageState;
  /** The version that mends it; null also where something outside was mended. */
  fixed_in: number | null;
  assignee: string | null;
  note: string;
  first_seen_at: string;
  changed_at: string | null;
  reopened: number;
  reopened_at: string | null;
  /** Letters of this workflow that wait. */
  open: number;
  may_triage: boolean;
}

export interface Cause {
  fingerprint: string;
  cause: string;
  code: string;
  kind: string;
  state: TriageState;
  total: number;
  open: number;
  redriven: number;
  discarded: number;
  first_seen_at: string;
  last_seen_at: string;
  workflows: Triage[];
  days: { day: string; number: number }[];
}

export interface CauseDetail extends Cause {
  /** How many of the open letters the reader may redrive and discard. */
  may_settle: number;
  why_not_settle: string;
  why_not_redrive: string;
  changes: (AuditEntry & { sentence: string; page: string })[];
}

export interface Letter {
  id: number;
  run: number;
  retried_as: number | null;
  workflow: WorkflowName;
  version: number;
  state: "open" | "redriven" | "discarded";
  message: string;
  failure: Failure;
  node: string;
  attempts: number;
  module: string | null;
  record: string;
  event: number | null;
  /** null without the right to see payloads. */
  input: Record<string, unknown> | null;
  /** It is open, and the reader may redrive and discard it. */
  may_settle: boolean;
  created_at: string;
}

export type RedriveStatus = "queued" | "running" | "done" | "stopped" | "cancelled";

export const COUNTS = {
  succeeded: "succeeded",
  failed: "failed again",
  cancelled: "cancelled",
  running: "running",
  waiting: "to come",
  refused: "refused",
  skipped: "not begun",
  would_succeed: "would now succeed",
  would_fail: "would fail again",
  would_ask: "would ask people",
  inconclusive: "inconclusive",
} as const;

export interface Redrive {
  id: number;
  requested_by: string | null;
  asked: Record<string, unknown>;
  /** Whose dead letters it redrives. */
  cause: { fingerprint: string; cause: string } | null;
  start: "failed_step" | "start";
  version: "run" | "active";
  rate: number;
  canary: boolean;
  dry_run: boolean;
  reason: string;
  /** Of how many of its runs an edit changes what they start with. */
  edited: number;
  /** null also without the right to see payloads. */
  edit: Edit | null;
  status: RedriveStatus;
  ended_why: string;
  created_at: string;
  finished_at: string | null;
  total: number;
  counts: Record<keyof typeof COUNTS, number>;
}

/** What keeps runs that are put back from getting on. */
export interface Rest {
  workflow: WorkflowName;
  code: string;
  sentence: string;
  /** The page about it; "" where the reader may not open it. */
  link: string;
}

export interface RedrivePreview {
  total: number;
  edited: number;
  unfit: number;
  fields_known: string[];
  sentence: string;
  rests: Rest[];
  problems: { message: string; hint: string }[];
}

export interface RedriveDetail extends Redrive {
  may_cancel: boolean;
  rests: Rest[];
}

export interface RedriveItem {
  id: number;
  run: number;
  workflow: WorkflowName;
  record: string;
  state: "waiting" | "started" | "foreseen" | "refused" | "skipped";
  retry: number | null;
  retry_status: RunStatus | null;
  outcome: "" | "succeeds" | "fails" | "asks" | "inconclusive";
  code: string;
  message: string;
  edited: boolean;
  changes: RunChange[];
}

export const STATES: Record<TriageState, string> = {
  new: "New",
  looking: "Somebody looks at it",
  fixed: "Fixed",
  ignored: "Ignored",
};

export function manyLetters(number: number): string {
  return number === 1 ? "1 dead letter" : `${number} dead letters`;
}

export function isOpen(redrive: Redrive): boolean {
  return redrive.status === "queued" || redrive.status === "running";
}

/** "12 would now succeed, 2 would fail again" of what there is. */
export function inWords(counts: Redrive["counts"]): string {
  const told = (Object.keys(COUNTS) as (keyof typeof COUNTS)[]).filter((name) => counts[name] > 0);
  return told.map((name) => `${counts[name]} ${COUNTS[name]}`).join(", ");
}

/** Of those that are not to come, how many. */
export function doneOf(redrive: Redrive): number {
  return redrive.total - redrive.counts.waiting - redrive.counts.running;
}
