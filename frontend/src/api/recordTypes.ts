/** Modules, their records and what happened to them, as the API says it. */

import type { Large } from "./runTypes";

export interface Field {
  key: string;
  label?: string;
  type: string;
  choices?: string[];
  required?: boolean;
  read_only?: boolean;
  help?: string;
}

export interface Module {
  key: string;
  name: string;
  kind: "stored" | "native";
  fields: Field[];
  title_field: string;
  status_field: string;
  transitions: Record<string, string[]>;
  team: string;
  zone: string;
}

export interface ModuleDetail extends Module {
  /** Whether the reader may make and change its records. */
  may_use: boolean;
  /** Whether the reader may change the module itself, and share it. */
  may_change: boolean;
}

export type Outcome =
  | "matched"
  | "filtered"
  | "duplicate"
  | "throttled"
  | "no_place"
  /** No answer yet: it waits for the end of a standstill. */
  | "standstill"
  | "out_of_scope"
  | "paused"
  | "loop"
  | "broken";

export interface Decision {
  id: number;
  event: number;
  type: string;
  module: string | null;
  record: string;
  workflow: { id: number; key: string; name: string };
  version: number;
  trigger_node: string;
  outcome: Outcome;
  /** null without the right to see payloads. */
  reason: Record<string, unknown> | null;
  run: number | null;
  at: string;
}

export interface AcceptedEvent {
  id: number;
  source: string;
  type: string;
  module: string | null;
  record: string;
  state: "pending" | "matched";
  actor: string | null;
  cause_run: number | null;
  depth: number;
  occurred_at: string;
  received_at: string;
}

export interface EventDetail extends AcceptedEvent {
  /** null without the right to see the record, and where it is too large to come with its event. */
  snapshot: Record<string, unknown> | null;
  large: Large | null;
  decisions: Decision[];
}

export type Values = Record<string, unknown>;

export interface DataRecord {
  key: string;
  module: string;
  title: string;
  version: number;
  values: Record<string, unknown>;
}

/** A rule's tree with the result of each part; a leaf also has what it saw. */
export interface ExplainedPart {
  kind: "all" | "any" | "not" | "policy" | "leaf";
  result: boolean;
  children?: ExplainedPart[];
  saw?: unknown;
}

export interface Explained {
  matching: number | null;
  total: number;
  explanation: ExplainedPart | null;
}

/** How a text with data in it reads for a record. */
export interface Reading {
  text: string;
  /** Paths that have no value there. */
  unknown: string[];
}

export interface RecordChange {
  version: number;
  field: string;
  before: unknown;
  after: unknown;
  at: string;
  actor: string | null;
  run: number | null;
}

export interface RecordComment {
  id: number;
  text: string;
  at: string;
  actor: string | null;
  run: number | null;
}
