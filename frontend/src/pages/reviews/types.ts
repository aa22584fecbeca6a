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
  before: {
    succeeded: number;
    failed: number;
    median: number | null;
    p95: number | null;
    manual_steps: number;
  } | null;
}

export interface FailureGroup {
  workflow: NamedWorkflow;
  fingerprint: string;
  cause: string;
  count: number;
  before: number;
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
  as_of: string;
  unfinished: number;
  headline: string;
  minutes_per_step: number;
  now: Totals;
  before: Totals;
  days: DayTotals[];
  workflows: WorkflowTotals[];
  slowest: WorkflowTotals[];
  failures: FailureGroup[];
  noisy: {
    workflow: NamedWorkflow;
    node: string;
    title: string;
    asked: number;
    matched: number;
    asked_before: number;
    matched_before: number;
  }[];
  overdue_before: number;
  broken_glass_before: number;
  questions: Question[];
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

/** What asks for a decision; `address` is the page where it is changed. */
export interface Question {
  key: string;
  kind: string;
  title: string;
  facts: string;
  suggestion: string;
  address: string;
  place: string;
}

export type Choice = "keep" | "change" | "later";

export interface Decision {
  choice: Choice;
  note: string;
  by: string;
  at: string;
}

export interface ListedReview {
  id: number;
  /** The id of the schedule that it was made for. */
  schedule: number;
  week: string;
  team: string;
  personal: boolean;
  headline: string;
  made_at: string;
  made_by: string;
  digest: string;
  asked: number;
  answered: number;
  signed_by: string | null;
  signed_at: string | null;
}

/** How a cause of failure of the week stands now. */
export interface Standing {
  workflow: NamedWorkflow;
  fingerprint: string;
  cause: string;
  state: string;
  assignee: string;
  is_open: boolean;
  address: string;
}

export interface KeptReview extends ListedReview {
  intact: boolean;
  figures: Review;
  questions: (Question & { answer: Decision | null; last: Decision | null })[];
  decided_before: (Decision & { question: string; title: string; week: string })[];
  triage: Standing[];
  signature: { by: string; at: string; note: string; digest: string } | null;
}

export interface Schedule {
  id: number;
  team: string;
  person: string | null;
  personal: boolean;
  zone: string;
  weekday: number;
  hour: number;
  enabled: boolean;
  next_at: string;
  readers: { person: string; mail: boolean }[];
  my_mail: boolean | null;
  may_change: boolean;
}

export type ScheduleBody = Partial<Pick<Schedule, "zone" | "weekday" | "hour" | "enabled" | "readers">>;
