import type { Breaker, Held } from "../alerts/types";
import type { Drawing, GraphDocument, Layout, Note } from "../graph/document";
import type { Values } from "./recordTypes";
import type { Binding, Limits, RetryPolicy, Setting } from "./settingsTypes";

export type Mode = "simulate" | "execute";

export interface Workflow {
  id: number;
  key: string;
  name: string;
  description: string;
  module: string | null;
  team: string;
  owner: string | null;
  run_as: string | null;
  runbook_url: string;
  zone: string;
  limits: Limits;
  retry: RetryPolicy;
  mode: Mode;
  active_version: number | null;
  draft_revision: number;
  /** It acts past the gate, which is not green yet. */
  glass_broken: boolean;
  /** A policy lets nothing act here, whatever the mode is. */
  simulate_only: boolean;
  /** It went wrong, and was taken back to simulate by itself. */
  breaker_open: boolean;
  /** What holds it now: events wait to be judged. */
  standstill: Held | null;
  paused_at: string | null;
  pause_reason: string;
  archived_at: string | null;
}

/** With what the reader may do with it: "view", "edit", "run_test", "publish", "promote", "rollback", "run", … */
export interface WorkflowDetail extends Workflow {
  rights: string[];
  /** Which of its settings the reader may change. */
  may_change: Setting[];
  mode_policies: Binding[];
  /** Why it was taken back to simulate by itself, if it was. */
  breaker: Breaker | null;
  /** What its live version calls and was not published with, in sentences. */
  changed_outside: string[];
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
  /** What its steps start, as publishing would pin it now. */
  workflows: { key: string; version: number }[];
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
  /** What its steps start, whatever becomes live there later; `newer` is the live version, where it is another. */
  workflows: { key: string; version: number; newer: number | null }[];
  /** What its steps call outside; `sentence` tells what changed of it since, "" for nothing. */
  outside: { kind: string; key: string; lasting: boolean; sentence: string }[];
  /** Workflows whose live version starts this very one. */
  started_by: { id: number; name: string; version: number }[];
}

/** From one thing that a version pins to another; null stands for nothing, "live" for a workflow that is not pinned. */
export interface PinChange {
  path: string;
  before: number | string | null;
  after: number | string | null;
}

/** What a version holds beside its steps and connections, and how two of them differ in it. */
export interface BesideDifference {
  policies: PinChange[];
  workflows: PinChange[];
  /** By kind, key and part: "destination.billing.address". */
  fingerprints: PinChange[];
  settings: PinChange[];
}

export interface VersionDetail extends Version {
  document: GraphDocument;
}

export interface Me {
  username: string;
  name: string;
  email: string;
  roles: string[];
  may: {
    create_workflows: boolean;
    manage_modules: boolean;
    create_policies: boolean;
    send_events: boolean;
    set_mode_policies: boolean;
    /** Say what is watched, of a workflow at least. */
    watch: boolean;
    /** Retry and redrive runs, of a workflow at least. */
    retry: boolean;
    /** The kinds of things that the reader may make: "workflow", "endpoint", … */
    make: string[];
  };
  unread_notifications: number;
}

export interface Page<Item> {
  next: string | null;
  results: Item[];
  /** Of a search in runs: newer ones are not searched yet. */
  searched_up_to?: string | null;
  /** And of older ones log lines and outputs are not all searched yet. */
  logs_read_from?: string | null;
}

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
  /** What each step takes, whichever records there are. */
  needs: {
    node: string;
    title: string;
    right: string;
    noun: "module" | "workflow";
    thing: string;
    held: boolean;
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
