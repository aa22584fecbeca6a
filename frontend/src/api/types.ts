import type { Drawing, GraphDocument, Layout, Note } from "../graph/document";

export type Mode = "simulate" | "execute";
export type RunStatus = "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled";
export type StepStatus = "pending" | "running" | "waiting" | "succeeded" | "failed" | "skipped" | "cancelled";

export interface Workflow {
  id: number;
  key: string;
  name: string;
  description: string;
  module: string | null;
  team: string;
  owner: string | null;
  run_as: string | null;
  zone: string;
  mode: Mode;
  active_version: number | null;
  draft_revision: number;
  /** It acts past the gate, which is not green yet. */
  glass_broken: boolean;
  /** A policy lets nothing act here, whatever the mode is. */
  simulate_only: boolean;
  paused_at: string | null;
  pause_reason: string;
}

/** With what the reader may do with it: "view", "edit", "run_test", "publish", "promote", "rollback", "run", … */
export interface WorkflowDetail extends Workflow {
  rights: string[];
}

export interface Problem {
  code: string;
  /** "nodes[2].config.rule.all[0].op" */
  path: string;
  node: string;
  message: string;
  hint: string;
  severity: "error" | "warning";
}

export interface Validation {
  revision: number;
  /** Equal to a version's digest when publishing would change nothing. */
  digest: string;
  valid: boolean;
  problems: Problem[];
}

export interface Draft extends GraphDocument {
  schema: 1;
  /** The save counter that the document was edited from. */
  revision: number;
  layout: Layout;
  /** Left out, the notes stay as they are. */
  notes?: Note[];
}

/** The draft as it was at a moment. */
export interface Checkpoint {
  number: number;
  occasion: "open" | "save" | "leave" | "publish";
  name: string;
  made_by: string | null;
  made_at: string;
}

/** With how much of the draft is another now. */
export interface ListedCheckpoint extends Checkpoint {
  steps: number;
  connections: number;
}

export interface CheckpointDetail extends Checkpoint {
  document: Drawing;
}

export interface Version {
  number: number;
  digest: string;
  note: string;
  published_by: string | null;
  published_at: string;
  /** What it pins; `newer` is the newest revision, where it is another. */
  policies: { key: string; revision: number; newer: number | null }[];
}

export interface VersionDetail extends Version {
  document: GraphDocument;
}

export interface Me {
  username: string;
  name: string;
  email: string;
  roles: string[];
  may: { create_workflows: boolean; manage_modules: boolean; create_policies: boolean; send_events: boolean };
  unread_notifications: number;
}

/** The part of JSON Schema that kinds describe their settings with. */
export interface JsonSchema {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  title?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  minProperties?: number;
  items?: JsonSchema;
  enum?: string[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  const?: unknown;
  default?: unknown;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  "x-widget"?: string;
  "x-help"?: string;
  /** Shown while the named setting has this value, or one of these; null: while it has any. */
  "x-show-if"?: Record<string, unknown>;
}

export interface Kind {
  /** `family.kind`: "trigger.record", "condition.if", "action.assign". */
  type: string;
  label: string;
  description: string;
  config_schema: JsonSchema;
}

export interface TriggerKind extends Kind {
  source_kind: string;
  /** Whether a run that it starts has a record when its settings name a module. */
  brings_record: boolean;
}

export interface ActionKind extends Kind {
  risk: "low" | "medium" | "sensitive";
  permission: string;
  undo: "before_image" | "delete" | "none";
  retry_safe: boolean;
  /** It only tells people something: drawn slimmer. */
  minor: boolean;
}

export interface Operator {
  key: string;
  label: string;
  value: "none" | "one" | "many" | "pair" | "duration" | "pattern";
  event_only: boolean;
}

export interface FieldType {
  type: string;
  /** Keys of operators, in the order in which they are offered. */
  operators: string[];
  /** Whether its comparisons may ignore case. */
  cased: boolean;
}

export interface Catalog {
  triggers: TriggerKind[];
  conditions: Kind[];
  actions: ActionKind[];
  retry_schema: JsonSchema;
  operators: Operator[];
  field_types: FieldType[];
  filters: string[];
  limits: { nodes: number; edges: number; rule_depth: number; rule_leaves: number };
}

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
}

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
}

/** With what never changes in a run, which frames leave out: why it began and with what. */
export interface RunDetail extends Run {
  trigger_node: string;
  module: string | null;
  event: number | null;
  actor: string | null;
  parent: number | null;
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

export interface Step {
  node: string;
  position: number;
  kind: string;
  status: StepStatus;
  branches: string[];
  attempt: number;
  /** null without the right to see payloads; `changes` is empty then. */
  output: unknown;
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
  | { type: "pong" }
  | { type: "people"; people: Present[] };

/** Somebody else who has the draft open, or the reader in another tab. */
export interface Present {
  username: string;
  name: string;
  you: boolean;
}

export interface People {
  people: { username: string; name: string }[];
  groups: string[];
}

/** Rights that a person or a group holds on one thing or, `wide`, on all of its kind. */
export interface Grant {
  kind: "user" | "group";
  name: string;
  title: string;
  rights: string[];
  /** The role that has these very rights. */
  role: string | null;
  wide: boolean;
  members: number | null;
}

export interface Shares {
  grants: Grant[];
  may_share: boolean;
  rights: string[];
  /** Those that the reader holds, so may give. */
  yours: string[];
  roles: Record<string, string[]>;
}

/** What whom a draft acts as could not do for the records of today. */
export interface IdentityPreview {
  identity: string | null;
  by: "run_as" | "publisher" | "nobody";
  candidates: number;
  looked_at: number;
  denied: number;
  actions: {
    node: string;
    title: string;
    kind: string;
    candidates: number;
    denied: number;
    why: string;
  }[];
}

/** Something with a key and a name: a source. */
export interface Named {
  key: string;
  name: string;
  module?: string;
}

export interface NewWorkflow {
  name: string;
  module?: string | null;
  description?: string;
  team?: string;
  /** The draft to begin with. */
  document?: GraphDocument & { schema: 1; layout: Layout };
  /** Those to begin with. */
  scenarios?: TemplateScenario[];
}

export interface Notification {
  id: number;
  title: string;
  body: string;
  run: number | null;
  /** The page that it is about, below the app's home; "" for none. */
  address: string;
  created_at: string;
  read_at: string | null;
}

export interface Overview {
  unread_notifications: number;
  active: Record<"queued" | "running" | "waiting", number>;
  week: Record<RunStatus, number>;
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

/** Of a draft: `problems` keep it from being published, `warnings` don't. */
export interface ProblemCount {
  workflow: number;
  problems: number;
  warnings: number;
}

export interface Template {
  key: string;
  name: string;
  sentence: string;
  module: string;
  /** Keys of modules that it needs and that are not here. */
  missing: string[];
  problems: Problem[];
  document: GraphDocument;
  scenarios: TemplateScenario[];
}

/** A case that a template brings, as a workflow's file has it. */
export interface TemplateScenario {
  name: string;
  kind: "positive" | "negative";
}

export interface Preferences {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  single_keys: boolean;
  first_steps: boolean;
}

export type FirstStep = "open" | "test" | "change" | "publish" | "watch";

export interface FirstSteps {
  offered: boolean;
  shown: boolean;
  workflow: { id: number; key: string; name: string; module: string | null } | null;
  steps: { key: FirstStep; done: boolean }[];
  /** A record that starts the workflow at once. */
  example: { noun: string; values: Values } | null;
}

export interface GridRow {
  node: string;
  kind: string;
  title: string;
}

export type GridRun = Run & { steps: Record<string, StepStatus> };

export interface RunGrid {
  rows: GridRow[];
  runs: GridRun[];
}

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

export type Outcome =
  | "matched"
  | "filtered"
  | "duplicate"
  | "throttled"
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
  /** null without the right to see the record. */
  snapshot: Record<string, unknown> | null;
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

/** A field of a record, or (`field` "") a whole record, that undoing a run would put back or leave. */
export interface UndoPiece {
  run: number;
  module: string;
  record: string;
  field: string;
  found: unknown;
  back_to: unknown;
  overrides: boolean;
  why?: string;
  said?: string;
}

export interface Undo {
  id: number;
  run: number;
  takes_back: number | null;
  taken_back: boolean;
  actor: string;
  reason: string;
  children: boolean;
  at: string;
  fields_done: { module: string; record: string; field: string; restored: boolean; said: string }[];
}

export interface UndoPlan {
  run: number;
  runs: number[];
  children: boolean;
  plan_hash: string;
  /** Why nothing can be undone; "" when something can. */
  why_not: string;
  summary: string;
  restored: UndoPiece[];
  left: UndoPiece[];
  stays: { what: string; count: number; said: string }[];
  undos: Undo[];
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  object_type: string;
  object_id: string;
  before: unknown;
  after: unknown;
  reason: string;
}

export interface AuditChain {
  whole: boolean;
  links: number;
  head: string;
  breaks: { link: number; entry: number; why: string }[];
}
