/**
 * What keeps a document from being run, found as people type. The server's word is the law: this says the same of
 * what it looks at, in the same words and order, and leaves `SERVER_ONLY` to the server.
 */

import type { Catalog, JsonSchema, Kind, Operator, TriggerKind } from "../api/catalogTypes";
import type { Module } from "../api/recordTypes";
import type { Problem } from "../api/types";
import { branchOf, canBeDisabled, following, OTHERWISE, reachable } from "./branches";
import { type RuleWorld, readsRecord, ruleProblems } from "./rules";
import { checkConfig } from "./schema";
import { edgeProblems, orderProblems } from "./validationGraph";
import { type ReadDocument, type ReadNode, readDocument } from "./validationParse";
import { counted, cut, isObject, listed, MAX_PROBLEMS, nearest, own, problem } from "./validationWords";

/**
 * The codes that only the server tells, each group with its reason. A kind may also tell a code that is not here about
 * its own settings, “missing-config” say: there, too, the server knows more.
 */
export const SERVER_ONLY: readonly string[] = [
  // References and templates have a grammar of their own, and RE2 is no pattern of the browser.
  ...["bad-reference", "bad-template", "bad-template-path", "unknown-filter", "bad-filter-argument"],
  ...["too-many-filters", "bad-pattern"],
  // The browser doesn't have all names that there are.
  ...["unknown-group", "unknown-source", "unknown-user", "unknown-workflow", "unknown-zone"],
  // What kinds check by code of their own, beyond what their schema says.
  ...["action-without-record", "bad-cron", "bad-date", "bad-duration", "bad-variable-name"],
  ...["event-operator-without-event", "field-not-assignable", "no-otherwise", "no-status-field"],
  ...[
    "not-a-date",
    "quorum-out-of-reach",
    "read-only-field",
    "transition-not-allowed",
    "trigger-without-record",
    "two-dedupe-keys",
  ],
  ...["unclear-change", "unknown-input", "unused-config", "wrong-field-type"],
];

const RESERVED = [OTHERWISE, "failed"];
/** What the rules of a trigger without a module look at: the event itself. */
const EVENT_FIELDS: Module["fields"] = [
  { key: "data", label: "Data", type: "json" },
  { key: "actor", label: "Actor", type: "user" },
  { key: "record", label: "Record", type: "text" },
];
const NONE: ReadonlySet<string> = new Set();

/** What documents are judged against; `worldOf` makes it. */
export interface World {
  /** By type, in the order of the palette. */
  kinds: ReadonlyMap<string, Kind | TriggerKind>;
  modules: ReadonlyMap<string, Module>;
  policies: ReadonlySet<string>;
  retrySchema: JsonSchema;
  operators: ReadonlyMap<string, Operator>;
  offered: ReadonlyMap<string, readonly string[]>;
  cased: ReadonlySet<string>;
  limits: Catalog["limits"];
}

export function worldOf(catalog: Catalog, modules: readonly Module[], policies: Iterable<string>): World {
  const kinds = [...catalog.triggers, ...catalog.actions, ...catalog.conditions];
  return {
    kinds: new Map(kinds.map((kind) => [kind.type, kind])),
    modules: new Map(modules.map((module) => [module.key, module])),
    policies: new Set(policies),
    retrySchema: catalog.retry_schema,
    operators: new Map(catalog.operators.map((operator) => [operator.key, operator])),
    offered: new Map(catalog.field_types.map(({ type, operators }) => [type, operators])),
    cased: new Set(catalog.field_types.filter(({ cased }) => cased).map(({ type }) => type)),
    limits: catalog.limits,
  };
}

/** What the rules about a module's records are checked against; without a module there are no fields. */
export function ruleWorld(world: World, fields: Module["fields"], policies: ReadonlySet<string>): RuleWorld {
  return { ...world, policies, fields: new Map(fields.map((field) => [field.key, field])) };
}

/** All problems of a document, at most 200; where more were found, the last one says so. */
export function validate(document: unknown, world: World): Problem[] {
  const read = readDocument(document, world.limits);
  return capped(Array.isArray(read) ? read : new Validation(read, world).problems());
}

function capped(problems: Iterable<Problem>): Problem[] {
  const found: Problem[] = [];
  for (const each of problems) {
    found.push(each);
    if (found.length === 2 * MAX_PROBLEMS) break;
  }
  if (found.length <= MAX_PROBLEMS) return found;
  const shown = found.slice(0, MAX_PROBLEMS - 1);
  const least = found.length === 2 * MAX_PROBLEMS ? "At least " : "";
  const message = `${least}${counted(found.length - shown.length)} more problems are not shown.`;
  return [...shown, problem("more-problems", "", message, "Mend those shown and validate again.")];
}

/** One pass over one document. */
class Validation {
  private readonly document: ReadDocument;
  private readonly world: World;
  private readonly triggers: readonly ReadNode[];
  /** That of the triggers; undefined when none is named, it is unknown, or several differ. */
  private readonly module: Module | undefined;
  private readonly moduleAtFault: boolean;
  private readonly rules: RuleWorld;

  constructor(document: ReadDocument, world: World) {
    this.document = document;
    this.world = world;
    this.triggers = document.nodes.filter((node) => node.family === "trigger");
    const named = new Set(this.triggers.map(moduleKey).filter((key) => key !== ""));
    const [only = ""] = named;
    this.module = named.size === 1 ? world.modules.get(only) : undefined;
    this.moduleAtFault = this.module === undefined && named.size > 0;
    const policies = new Set([...world.policies, ...Object.keys(document.policies)]);
    this.rules = ruleWorld(world, this.module?.fields ?? [], policies);
  }

  *problems(): Generator<Problem> {
    yield* this.triggerProblems();
    yield* this.policyProblems();
    const withoutRecord = this.reachedWithoutRecord();
    for (const [index, node] of this.document.nodes.entries()) {
      const path = `nodes[${index}]`;
      const kind = this.world.kinds.get(node.type);
      if (node.disabled && !canBeDisabled(node)) yield cannotBeDisabled(node, path);
      if (kind === undefined) yield this.unknownType(node, path);
      else if (node.family === "condition")
        yield* this.conditionProblems(node, kind, path, withoutRecord.has(node.id));
      else yield* this.kindProblems(node, kind, path);
    }
    yield* edgeProblems(this.document, (type) => this.world.kinds.has(type));
    yield* orderProblems(this.document);
  }

  private *triggerProblems(): Generator<Problem> {
    if (this.triggers.length === 0) {
      const hint = "Add a trigger and connect it to the first step.";
      yield problem("no-trigger", "nodes", "Nothing starts this workflow.", hint);
    }
    const first = this.triggers.find((node) => moduleKey(node) !== "");
    for (const [index, node] of this.document.nodes.entries()) {
      const key = moduleKey(node);
      if (node.family !== "trigger" || key === "" || first === undefined) continue;
      const path = `nodes[${index}].config.module`;
      if (!this.world.modules.has(key)) {
        const known = [...this.world.modules.keys()];
        const meant = nearest(key, known);
        const hint = meant ? `Did you mean “${meant}”?` : `Known are ${listed(known)}.`;
        yield problem("unknown-module", path, `There is no module “${cut(key, 80)}”.`, hint, node.id);
      } else if (key !== moduleKey(first)) {
        const message = `“${first.label}” is about “${cut(moduleKey(first), 80)}”, “${node.label}” is about “${cut(key, 80)}”.`;
        const hint = "Give both triggers one module, or make two workflows.";
        yield problem("triggers-of-different-modules", path, message, hint, node.id);
      }
    }
  }

  /** Problems of the policies that the document pins, because these are what it would run with. */
  private *policyProblems(): Generator<Problem> {
    if (this.module === undefined) return;
    const world = { ...this.rules, policies: NONE };
    for (const [key, { rule }] of Object.entries(this.document.policies))
      yield* ruleProblems(rule, `policies.${key}.rule`, world);
  }

  private unknownType(node: ReadNode, path: string): Problem {
    const types = [...this.world.kinds.keys()];
    const prefix = `${node.family}.`;
    const beside = types.filter((type) => type.startsWith(prefix)).map((type) => type.slice(prefix.length));
    const found = nearest(node.type.slice(prefix.length), beside);
    const meant = found ? `${prefix}${found}` : beside.length > 0 ? "" : nearest(node.type, types);
    const hint = meant ? `Did you mean “${meant}”?` : "Choose a type from the palette.";
    return problem(
      "unknown-node-type",
      `${path}.type`,
      `There is no node type “${node.type}”.`,
      hint,
      node.id,
    );
  }

  private *kindProblems(node: ReadNode, kind: Kind, path: string): Generator<Problem> {
    const wrong: Problem[] = [];
    let config = node.config;
    if (node.family === "action" && config.retry !== undefined) {
      const { retry, ...settings } = config;
      wrong.push(...checkConfig(retry, this.world.retrySchema, `${path}.config.retry`, node.id));
      config = settings;
    }
    wrong.push(...checkConfig(config, kind.config_schema, `${path}.config`, node.id));
    yield* wrong;
    if (wrong.length === 0 && node.family === "trigger") yield* this.triggerRuleProblems(node, kind, path);
  }

  /** A trigger's rules look at the records of its own module, or at the event where it names none. */
  private *triggerRuleProblems(node: ReadNode, kind: Kind, path: string): Generator<Problem> {
    const module = this.world.modules.get(moduleKey(node));
    if (module === undefined && node.config.module !== undefined) return;
    const policies = module === undefined ? NONE : this.world.policies;
    const world = ruleWorld(this.world, module?.fields ?? EVENT_FIELDS, policies);
    for (const [key, schema] of Object.entries(kind.config_schema.properties ?? {})) {
      const rule = own(node.config, key);
      if (schema["x-widget"] !== "rule" || !isObject(rule) || Object.keys(rule).length === 0) continue;
      yield* ofNode(ruleProblems(rule, `${path}.config.${key}`, world), node);
    }
  }

  private *conditionProblems(
    node: ReadNode,
    kind: Kind,
    path: string,
    withoutRecord: boolean,
  ): Generator<Problem> {
    const place = `${path}.config`;
    const wrong = checkConfig(node.config, kind.config_schema, place, node.id);
    yield* wrong;
    const cases = Array.isArray(node.config.cases) ? node.config.cases : null;
    if (node.type === "condition.switch" && cases !== null) yield* switchProblems(node, cases, place);
    if (wrong.length > 0) return;
    if (cases === null) yield* this.ruleProblems(node.config.rule, node, `${place}.rule`, withoutRecord);
    else
      for (const [index, { rule }] of cases.entries())
        yield* this.ruleProblems(rule, node, `${place}.cases[${index}].rule`, withoutRecord);
  }

  private *ruleProblems(
    rule: unknown,
    node: ReadNode,
    path: string,
    withoutRecord: boolean,
  ): Generator<Problem> {
    if (this.moduleAtFault) return;
    const none = this.module === undefined;
    if (withoutRecord && readsRecord(rule)) {
      const which = none ? "no" : "not every";
      const message = `“${node.label}” looks at fields, but ${which} trigger before it brings a record.`;
      const hint = "Use a trigger with a module, or connect the condition to one.";
      const found = problem("condition-without-record", path, message, hint, node.id);
      yield none ? found : { ...found, severity: "warning" };
      if (none) return;
    }
    yield* ofNode(ruleProblems(rule, path, this.rules), node);
  }

  /** The nodes that a run can come to without having a record. */
  private reachedWithoutRecord(): Set<string> {
    const without = this.triggers.filter((node) => {
      const kind = this.world.kinds.get(node.type);
      const brings = kind === undefined || !("brings_record" in kind) || kind.brings_record;
      return moduleKey(node) === "" || !brings;
    });
    return reachable(
      following(this.document.edges),
      without.map((node) => node.id),
    );
  }
}

function cannotBeDisabled(node: ReadNode, path: string): Problem {
  const why =
    node.family === "action"
      ? "can't be disabled: nobody would say which way to go on."
      : "can't be disabled; only actions can.";
  const message = `“${node.label}” ${why}`;
  return problem("cannot-be-disabled", `${path}.disabled`, message, "Enable it, or remove it.", node.id);
}

function* switchProblems(node: ReadNode, cases: readonly unknown[], path: string): Generator<Problem> {
  if (cases.length === 0) {
    const message = `“${node.label}” has no case.`;
    yield problem("empty-switch", `${path}.cases`, message, "Add a case, or remove the switch.", node.id);
  }
  const seen = new Set<string>();
  for (const [index, entry] of cases.entries()) {
    const branch = branchOf(entry);
    if (branch === null) continue;
    const place = `${path}.cases[${index}].branch`;
    if (RESERVED.includes(branch)) {
      const message = `“${branch}” is the engine's own name for a branch.`;
      yield problem("reserved-branch", place, message, "Give the case another name.", node.id);
    } else if (seen.has(branch)) {
      const message = `Two cases of “${node.label}” are called “${cut(branch, 80)}”.`;
      yield problem("duplicate-branch", place, message, "Give one of them another name.", node.id);
    }
    seen.add(branch);
  }
}

function moduleKey(node: ReadNode): string {
  return typeof node.config.module === "string" ? node.config.module : "";
}

function ofNode(problems: readonly Problem[], node: ReadNode): Problem[] {
  return problems.map((each) => ({ ...each, node: node.id }));
}
