import type { RunStatus } from "../api/runTypes";
import type { Mode } from "../api/types";

interface Named {
  id: number;
  key: string;
  name: string;
}

export interface Failure {
  code: string;
  message: string;
  whose_fault: "user" | "engine" | "receiver";
  retryable: boolean;
  next_attempt_at: string | null;
  what_to_do: string;
  link: string;
}

export interface Finding {
  code: string;
  severity: "broken" | "warning" | "notice";
  sentence: string;
  since: string | null;
  number: number | null;
  node: string;
  run: number | null;
  fingerprint: string;
  failure: Failure | null;
  link: string;
}

export interface Span {
  since: string;
  until: string;
  succeeded: number;
  failed: number;
  failed_percent: number | null;
}

export interface Since {
  moment: string | null;
  first_run: number | null;
  first_version: number | null;
  last_seen_at: string | null;
  runs: number | null;
  last_success: { run: number; version: number; at: string } | null;
  before: Span;
  after: Span;
  spans: Span[];
}

export interface Suspect {
  id: number;
  at: string;
  sentence: string;
  why: string;
  told: boolean;
  before: unknown;
  after: unknown;
  reason: string;
  link: string;
}

export interface Press {
  code: string;
  label: string;
  why: string;
  link: string;
  may: boolean;
  why_not: string;
}

export interface Diagnosis {
  at: string;
  workflow: Named & { mode: Mode; version: number | null };
  run: { id: number; status: RunStatus; mode: Mode } | null;
  state: "broken" | "warning" | "well";
  headline: string;
  findings: Finding[];
  since: Since;
  changes: Suspect[];
  owner: { name: string | null; team: string; runbook_url: string; assignee: string | null };
  similar: {
    workflow: Named;
    fingerprint: string;
    total: number;
    open: number;
    last_seen_at: string;
    link: string;
  }[];
  presses: Press[];
  alerts: { id: number; said: string; since: string; link: string }[];
}

/** "2 succeeded, 14 failed" of a span, or that nothing ended in it. */
export function counted({ succeeded, failed }: Span): string {
  if (succeeded + failed === 0) return "nothing ended";
  return `${succeeded} succeeded, ${failed} failed`;
}
