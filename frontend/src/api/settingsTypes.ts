/** What people change of a workflow beside its graph, and what admins demand of workflows. */

import type { JsonSchema } from "./catalogTypes";
import type { Mode } from "./types";

export interface Limits {
  blast_radius?: number;
  share?: number;
  runs_per_hour?: number;
  /** Runs that may be at work at the same time; of each value at this path, where one is named. */
  at_once?: number;
  at_once_per?: string;
  when_full?: WhenFull;
}

/** What is not said has the default of the action's kind. */
export interface RetryPolicy {
  max_attempts?: number;
  base_seconds?: number;
  cap_seconds?: number;
}
export type WhenFull = "queue" | "skip" | "cancel_oldest";

export interface Settings {
  name: string;
  description: string;
  team: string;
  zone: string;
  runbook_url: string;
  limits: Limits;
  retry: RetryPolicy;
  owner: string | null;
  run_as: string | null;
}

export type Setting = keyof Settings;

/** What a refusal says when somebody was faster. */
export interface ChangedMeanwhile {
  by?: string;
  at?: string;
  now: Partial<Settings>;
}

export type Rule = "simulate_only" | "four_eyes" | "shadow";

/** A mode policy as the workflow that it binds tells it. */
export interface Binding {
  id: number;
  rule: Rule;
  /** Its module's name; null: every workflow. */
  module: string | null;
  reason: string;
  set_by: string;
  set_at: string;
  /** When it ends by itself; null: when an admin ends it. */
  ends_at: string | null;
  /** What a shadow has to come to; "" for the other rules. */
  demand: string;
}

/** What is asked when one is set; the figures belong to the rule "shadow". */
export interface NewPolicy {
  module: string | null;
  rule: Rule;
  reason: string;
  ends_at?: string;
  min_events?: number;
  min_hours?: number;
  min_agreement?: string;
}

/** One as the list of all tells it: its module by key, and which workflows in sight it binds. */
export interface ModePolicy extends Binding {
  /** What holds when it has ended. */
  afterwards: string;
  binds: number;
  /** How many of these are in execute. */
  acting: number;
  /** By name, the first ones. */
  workflows: { id: number; name: string; mode: Mode }[];
}

/** A workflow that the reader may start by hand on records of a module. */
export interface ManualStart {
  workflow: number;
  name: string;
  /** The one that the runs would be in. */
  mode: Mode;
  form: JsonSchema | Record<string, never>;
  blast_radius: number;
  /** Why so many would wait for approval; null: they start. */
  held: { bound: "firing" | "share" | "hour"; count: number; cap: number; sentence: string } | null;
}

/** How long the runs of a workflow are kept, and what was dropped. */
export interface KeptFor {
  /** The workflow's own; null: as the settings say. */
  days: number | null;
  /** What holds now; null: for ever. */
  kept_days: number | null;
  hold: { reason: string; until: string | null; by: string; at: string } | null;
  dropped: number;
  dropped_at: string | null;
  /** When nothing was left to drop of any workflow. */
  swept_at: string | null;
  least_days: number;
  may_hold: boolean;
}

/** How many runs would go, counted up to ten thousand. */
export interface Foreseen {
  now: number;
  in_30_days: number;
}
