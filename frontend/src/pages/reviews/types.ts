/** The weekly review as the API tells it. */

export interface Totals {
  ended: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  success_rate: number | null;
  /** Seconds. */
  median: number | null;
  p95: number | null;
  decided: number;
  approval_time: number | null;
  manual_steps: number;
  manual_hours: number;
}

interface NamedWorkflow {
  id: number;
  name: string;
}

export interface WorkflowTotals {
  workflow: NamedWorkflow;
  succeeded: number;
  failed: number;
  cancelled: number;
  median: number | null;
  p95: number | null;
  manual_steps: number;
  records_changed: number;
  edits_before: number;
  records_before: number;
}

export interface FailureGroup {
  workflow: NamedWorkflow;
  fingerprint: string;
  cause: string;
  count: number;
  first: string;
  last: string;
  is_new: boolean;
  state: string;
  assignee: string;
  owner: string;
}

export interface DayTotals {
  day: string;
  succeeded: number;
  failed: number;
  cancelled: number;
}

export interface Review {
  week: string;
  starts: string;
  ends: string;
  zone: string;
  team: string;
  goes_on: boolean;
  headline: string;
  minutes_per_step: number;
  now: Totals;
  before: Totals;
  days: DayTotals[];
  workflows: WorkflowTotals[];
  slowest: WorkflowTotals[];
  failures: FailureGroup[];
  noisy: { workflow: NamedWorkflow; node: string; asked: number; matched: number }[];
  overdue: { id: number; title: string; workflow: NamedWorkflow; run: number; asked_at: string }[];
  broken_glass: { workflow: NamedWorkflow; version: number; by: string; reason: string; at: string }[];
}

export interface ReviewWeek {
  week: string;
  starts: string;
  succeeded: number;
  failed: number;
  cancelled: number;
  success_rate: number | null;
}
