/** The kinds of steps and what their settings may be, as the API says it. */

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
