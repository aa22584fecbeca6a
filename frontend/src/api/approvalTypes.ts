/** Approvals, as the API says it. */

import type { JsonSchema } from "./catalogTypes";

export type ApprovalState = "pending" | "approved" | "rejected" | "expired" | "cancelled";

export interface PlannedChange {
  module: string;
  record: string;
  field: string;
  before: unknown;
  after: unknown;
}

export interface ApprovalDecision {
  person: string;
  verdict: "approve" | "reject";
  reason: string;
  at: string;
}

/** How far held work would reach, and above which bound that is. */
export interface ApprovalReach {
  bound: "firing" | "share" | "hour" | "children";
  count: number;
  cap: number;
  population: number | null;
  records: { module: string | null; record: string }[];
  items: unknown[];
}

export interface Approval {
  id: number;
  kind: "step" | "blast_radius";
  run: number;
  hold: number | null;
  node: string;
  round: number;
  workflow: { id: number; key: string; name: string };
  title: string;
  state: ApprovalState;
  note: string;
  module: string | null;
  record: string;
  requester: string | null;
  quorum: number;
  users: string[];
  groups: string[];
  decisions: ApprovalDecision[];
  asked_at: string;
  expires_at: string | null;
  escalated_at: string | null;
  ended_at: string | null;
  /** null for who may not see what would follow. */
  summary: { changes: PlannedChange[]; more: number; records: number } | null;
  /** Names what is shown: it goes with the decision. */
  plan_hash: string;
  /** Of a blast radius that is exceeded; null for the question of a step. */
  reach: ApprovalReach | null;
}

export interface PlannedStep {
  node: string;
  title: string;
  kind: string;
  risk: "low" | "medium" | "sensitive";
  allowed: boolean;
  changes: PlannedChange[];
  preview: string;
}

export interface ApprovalDetail extends Approval {
  body: string;
  form: JsonSchema | Record<string, never>;
  plan: PlannedStep[] | null;
  changed_since: { field: string; asked: unknown; now: unknown }[] | null;
  /** Why you can't decide; empty when you can. */
  why_not: string;
  deciders: string[];
  /** The conditions that led to the question; null for who may not see values. */
  why: { title: string; branches: string[]; saw: Record<string, unknown> }[] | null;
  remarks: { person: string; text: string; at: string }[] | null;
  may_remark: boolean;
  alike: {
    id: number;
    title: string;
    state: ApprovalState;
    ended_at: string;
    decisions: ApprovalDecision[];
  }[];
}

export interface Verdict {
  verdict: "approve" | "reject";
  plan_hash: string;
  reason: string;
  answers?: Record<string, unknown>;
}
