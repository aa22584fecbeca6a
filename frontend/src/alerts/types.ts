/** What is watched, and what was raised, as the API gives them. */

export type Kind =
  | "failures"
  | "failure_ratio"
  | "silence"
  | "dead_letters"
  | "approvals_overdue"
  | "needs_review"
  | "queue_lag"
  | "noisy_trigger";

export interface KindFacts {
  kind: Kind;
  title: string;
  /** What its bounds count. */
  unit: string;
  /** What its window means: "counted in", "unanswered for"; "" for none. */
  window: string;
  of_everything: boolean;
  /** It may take a workflow back to simulate. */
  breaks: boolean;
}

export interface Alert {
  id: number;
  kind: Kind;
  rule: number | null;
  rule_name: string;
  /** null: it is about everything. */
  workflow: number | null;
  workflow_name: string | null;
  node: string;
  /** "3 runs failed in 15 minutes" */
  said: string;
  since: string;
  raised_at: string;
  run: number | null;
  failures: number | null;
  acknowledged_at: string | null;
  acknowledged_by: string;
  note: string;
  snoozed_until: string | null;
  resolved_at: string | null;
  resolved_why: string;
  may_handle: boolean;
}

export interface AlertRule {
  id: number;
  kind: Kind;
  name: string;
  workflow: number | null;
  workflow_name: string | null;
  team: string;
  raise_at: number;
  clear_at: number;
  window_seconds: number;
  hold_seconds: number;
  least: number;
  breaks: boolean;
  retry_minutes: number | null;
  tell_owner: boolean;
  people: string[];
  fallback: boolean;
  enabled: boolean;
  snoozed_until: string | null;
  made_at: string;
  may_change: boolean;
}

export type RuleBody = Pick<
  AlertRule,
  | "name"
  | "raise_at"
  | "clear_at"
  | "window_seconds"
  | "hold_seconds"
  | "least"
  | "breaks"
  | "retry_minutes"
  | "tell_owner"
  | "people"
>;

/** Where a rule is told: destinations that hear of what it finds, and no other does. */
export interface RuleDestinations {
  rule: number;
  destinations: { key: string; name: string; state: string }[];
}

/** Why a workflow was taken back to simulate by itself. */
export interface Breaker {
  state: "open" | "half_open";
  reason: string;
  tripped_at: string;
  retry_at: string | null;
  tries: number;
  canary: number | null;
}

/** While one holds, no trigger of what it is of judges anything: events are kept and judged afterwards. */
export interface Standstill {
  id: number;
  /** "The team support" */
  subject: string;
  reason: string;
  starts_at: string;
  /** null: until somebody lifts it. */
  ends_at: string | null;
  set_by: string;
  lifted_at: string | null;
  may_lift: boolean;
}

/** What holds a workflow now. */
export interface Held {
  id: number;
  /** null: until somebody lifts it. */
  until: string | null;
  sentence: string;
}
