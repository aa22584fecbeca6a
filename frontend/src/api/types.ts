export type Mode = "simulate" | "execute";
export type RunStatus = "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled";
export type StepStatus = "pending" | "running" | "waiting" | "succeeded" | "failed" | "skipped" | "cancelled";

export interface Workflow {
  id: number;
  key: string;
  name: string;
  description: string;
  module: string | null;
  mode: Mode;
  active_version: number | null;
  paused_at: string | null;
  pause_reason: string;
}

export interface Failure {
  code?: string;
  message?: string;
  node?: string;
}

export interface Run {
  id: number;
  workflow: { id: number; key: string; name: string };
  version: number;
  mode: Mode;
  status: RunStatus;
  record: string;
  inconclusive: boolean;
  failure: Failure;
  last_seq: number;
  created_at: string | null;
  started_at: string | null;
  finished_at: string | null;
}

export interface Step {
  node: string;
  position: number;
  kind: string;
  status: StepStatus;
  branches: string[];
  attempt: number;
  error: Failure | null;
  wait: { kind: string; until: string | null } | null;
  assumed: boolean;
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

export interface Page<Item> {
  next: string | null;
  results: Item[];
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
  | { type: "pong"; seq: number };
