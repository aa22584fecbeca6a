/** Rule trees against the fields that they compare, as the server judges them. */

import type { Operator } from "../api/catalogTypes";
import type { Field } from "../api/recordTypes";
import type { Problem } from "../api/types";
import { isDuration } from "./rulesMoments";
import { labelOf, literalProblem, rangeProblem, refOf } from "./rulesValues";
import {
  counted,
  didYouMean,
  isObject,
  isPrintable,
  type Json,
  lengthOf,
  listed,
  MAX_PROBLEMS,
  problem,
  quoted,
} from "./validationWords";

const MAX_VALUES = 1_000;
const MAX_PATH = 8;
const MAX_NAME = 64;
const KINDS = ["all", "any", "not", "policy", "field"] as const;
const NEEDS_TEXT = ["contains", "not_contains", "starts_with", "ends_with"];
/** Types of fields that compare with each other. */
const ALIKE = [
  ["number", "money"],
  ["text", "choice", "user"],
];
const ROOTS = ["event", "record", "steps", "variables", "now"];
const REFERENCE = /^(?:(?:event|record|steps|variables)(?:\.(?!__)[\p{L}\p{N}_-]{1,64}){1,12}|now)$/u;

/** What a rule is checked against. */
export interface RuleWorld {
  fields: ReadonlyMap<string, Field>;
  policies: ReadonlySet<string>;
  operators: ReadonlyMap<string, Operator>;
  /** By type of field the operators that it offers, in order. */
  offered: ReadonlyMap<string, readonly string[]>;
  /** The types whose comparisons may ignore case. */
  cased: ReadonlySet<string>;
  limits: { rule_depth: number; rule_leaves: number };
}

/** All problems of a rule, at most 200; `path` leads to the rule. */
export function ruleProblems(rule: unknown, path: string, world: RuleWorld): Problem[] {
  const { rule_depth: deepest, rule_leaves: most } = world.limits;
  const problems: Problem[] = [];
  const stack: [unknown, string, number][] = [[rule, path, 0]];
  let leaves = 0;
  for (let next = stack.pop(); next !== undefined && problems.length < MAX_PROBLEMS; next = stack.pop()) {
    const [current, at, depth] = next;
    const kind = kindOf(current);
    if (kind === null || !isObject(current)) {
      const message = "A rule is an object with exactly one of “all”, “any”, “not”, “policy” or “field”.";
      const hint = 'Write {"field": "priority", "op": "eq", "value": "high"} or {"all": [...]}.';
      problems.push(problem("malformed-rule", at, message, hint));
    } else if (kind === "field" || kind === "policy") {
      leaves += 1;
      if (leaves > most) {
        const message = `The rule has more than ${most} comparisons.`;
        const hint = "Split it, or use “is one of” with a list.";
        problems.push(problem("too-many-leaves", path, message, hint));
        break;
      }
      problems.push(...(kind === "field" ? leafProblems : policyProblems)(current, at, world));
    } else if (depth >= deepest) {
      const message = `Groups are nested more than ${deepest} deep.`;
      problems.push(problem("rule-too-deep", at, message, "Flatten the groups, or make a policy of one."));
    } else if (kind === "not") {
      stack.push([current.not, step(at, "not"), depth + 1]);
    } else {
      const parts = current[kind];
      const inside = step(at, kind);
      if (!Array.isArray(parts)) {
        problems.push(problem("malformed-rule", inside, "A group holds a list of rules.", "Send a list."));
        continue;
      }
      if (parts.length === 0) {
        const hint = "Add a condition or remove the group.";
        problems.push(problem("empty-group", inside, "The group is empty.", hint));
      }
      // Reversed, because the stack gives back the last first.
      const checked = [...parts.slice(0, most + 1).entries()].reverse();
      for (const [index, part] of checked) stack.push([part, `${inside}[${index}]`, depth + 1]);
    }
  }
  return problems.slice(0, MAX_PROBLEMS);
}

/** Whether a rule looks at a field or at a policy, which does. */
export function readsRecord(rule: unknown): boolean {
  if (Array.isArray(rule)) return rule.some(readsRecord);
  if (!isObject(rule)) return false;
  return "field" in rule || "policy" in rule || [rule.all, rule.any, rule.not].some(readsRecord);
}

function kindOf(rule: unknown): (typeof KINDS)[number] | null {
  if (!isObject(rule)) return null;
  const [kind, ...others] = KINDS.filter((key) => key in rule);
  if (kind === undefined || others.length > 0) return null;
  const allowed = kind === "field" ? ["field", "op", "value", "case"] : [kind];
  return Object.keys(rule).every((key) => allowed.includes(key)) ? kind : null;
}

function step(at: string, name: string): string {
  return at ? `${at}.${name}` : name;
}

function* policyProblems(rule: Json, at: string, world: RuleWorld): Generator<Problem> {
  const key = rule.policy;
  if (typeof key === "string" && world.policies.has(key)) return;
  const known = [...world.policies];
  const hint =
    didYouMean(key, known) ||
    (known.length > 0
      ? `Known are ${listed(known.sort())}.`
      : "No policy may be named here: write its conditions out.");
  yield problem("unknown-policy", step(at, "policy"), `There is no policy ${quoted(key)}.`, hint);
}

function* leafProblems(leaf: Json, at: string, world: RuleWorld): Generator<Problem> {
  const field = fieldOf(leaf.field, world.fields);
  if (Array.isArray(field)) {
    yield problem("unknown-field", step(at, "field"), ...field);
    return;
  }
  const operator = typeof leaf.op === "string" ? world.operators.get(leaf.op) : undefined;
  const offered = world.offered.get(field.type) ?? [];
  if (operator === undefined) {
    const hint = didYouMean(leaf.op, offered) || `Use one of ${offered.join(", ")}.`;
    const message =
      leaf.op === undefined ? "The operator is missing." : `There is no operator ${quoted(leaf.op)}.`;
    yield problem("unknown-operator", step(at, "op"), message, hint);
    return;
  }
  if (!offered.includes(operator.key)) {
    const message = `“${operator.key}” does not work on ${labelOf(field)}, a ${field.type} field.`;
    yield problem("operator-not-for-type", step(at, "op"), message, `Use one of ${offered.join(", ")}.`);
    return;
  }
  if (leaf.case !== undefined && leaf.case !== "ignore") {
    const message = `“case” may only be “ignore”, not ${quoted(leaf.case)}.`;
    yield problem("malformed-rule", step(at, "case"), message, "Leave it out to compare exactly.");
  } else if (leaf.case !== undefined && !world.cased.has(field.type)) {
    const message = `${labelOf(field)} is a ${field.type} field and has no upper or lower case.`;
    yield problem("case-not-for-type", step(at, "case"), message, "Remove “case”.");
  }
  yield* valueProblems(leaf.value ?? null, step(at, "value"), field, operator, world);
}

/** The field that a leaf names, or what is wrong with the name and how to mend it. */
function fieldOf(name: unknown, fields: RuleWorld["fields"]): Field | [message: string, hint: string] {
  const [key = "", ...inner] = typeof name === "string" ? name.split(".") : [];
  const field = fields.get(key);
  if (field === undefined) {
    const known = [...fields.keys()];
    const rest = known.length > 0 ? `Known are ${listed(known)}.` : "Choose a module first.";
    return [`There is no field ${quoted(name)}.`, didYouMean(key, known) || rest];
  }
  if (inner.length === 0) return field;
  if (field.type !== "json")
    return [`“${labelOf(field)}” holds one value, nothing inside it.`, `Write “${key}”.`];
  const fits = (part: string): boolean => part !== "" && lengthOf(part) <= MAX_NAME && isPrintable(part);
  if (inner.length <= MAX_PATH && inner.every(fits)) return field;
  const hint = `Write ${key}.name, at most ${MAX_PATH} names deep.`;
  return [`${quoted(name)} is no path into ${labelOf(field)}.`, hint];
}

function* valueProblems(
  raw: unknown,
  at: string,
  field: Field,
  operator: Operator,
  world: RuleWorld,
): Generator<Problem> {
  const name = operator.key;
  const reference = refOf(raw);
  if (operator.value === "none") {
    if (raw !== null) yield problem("value-not-wanted", at, `“${name}” takes no value.`, "Remove the value.");
  } else if (raw === null) {
    yield problem("missing-value", at, `“${name}” needs a value.`, "Give it one.");
  } else if (operator.value === "duration" || operator.value === "pattern") {
    if (reference !== null) {
      const message = `“${name}” can't take its ${operator.value} from a reference.`;
      yield problem("wrong-value-type", at, message, "Write it out.");
    } else if (operator.value === "duration" && !isDuration(raw)) {
      const hint = "Write it like PT4H (4 hours), P2D (2 days) or P1DT2H30M.";
      yield problem("wrong-value-type", at, `${quoted(raw)} is no duration.`, hint);
    }
  } else if (operator.value === "one" || reference !== null) {
    yield* oneProblem(raw, at, field, operator, world);
  } else {
    const pair = operator.value === "pair";
    const length = Array.isArray(raw) ? raw.length : 0;
    if (!Array.isArray(raw) || length === 0 || length > MAX_VALUES || (pair && length !== 2)) {
      const size = pair ? "exactly two values" : `1 to ${counted(MAX_VALUES)} values`;
      const hint = pair ? "Send [low, high]." : "Send a list.";
      yield problem("wrong-value-type", at, `“${name}” needs a list of ${size}.`, hint);
      return;
    }
    const found = raw.flatMap((item, index) => [
      ...oneProblem(item, `${at}[${index}]`, field, operator, world),
    ]);
    yield* found;
    const range = pair && found.length === 0 ? rangeProblem(raw, at, field) : null;
    if (range !== null) yield range;
  }
}

function* oneProblem(
  raw: unknown,
  at: string,
  field: Field,
  operator: Operator,
  world: RuleWorld,
): Generator<Problem> {
  const reference = refOf(raw);
  if (reference !== null) {
    yield* refProblems(reference, step(at, "ref"), field, operator, world.fields);
  } else if (raw === "" && NEEDS_TEXT.includes(operator.key)) {
    const message = `Every text would do: “${operator.key}” is given an empty one.`;
    yield problem("missing-value", at, message, "Give it a text, or use “is not empty”.");
  } else {
    const found = literalProblem(field, raw, at);
    if (found !== null) yield found;
  }
}

/** Only whole fields of comparable types compare with each other. */
function* refProblems(
  path: string,
  at: string,
  field: Field,
  operator: Operator,
  fields: RuleWorld["fields"],
): Generator<Problem> {
  if (!REFERENCE.test(path)) {
    const hint = `Begin it with one of ${ROOTS.join(", ")}, as in event.data.amount.`;
    yield problem("unknown-reference", at, `${quoted(path, 60)} is no reference.`, hint);
    return;
  }
  if (!path.startsWith("record.")) return;
  const name = path.slice("record.".length);
  const other = fields.get(name);
  if (other === undefined) {
    const [key = ""] = name.split(".");
    const known = [...fields.keys()];
    yield fields.has(key)
      ? problem(
          "unknown-reference",
          at,
          `${quoted(name)} is no whole field.`,
          `Compare with a whole field, as in record.${key}.`,
        )
      : problem(
          "unknown-reference",
          at,
          `There is no field ${quoted(name)}.`,
          didYouMean(name, known) || `Known are ${listed(known)}.`,
        );
    return;
  }
  const listing = other.type === "list" && operator.value === "many";
  const wanted = field.type === "list" ? "text" : field.type;
  const [one, two] = [labelOf(field), labelOf(other)];
  if (field.type === "json" || !(listing || alike(wanted, other.type))) {
    const message = `${one}, a ${field.type} field, does not compare with ${two}, a ${other.type} field.`;
    yield problem("wrong-value-type", at, message, "Choose a field of the same type, or write a value.");
  } else if (listing && !alike(wanted, "text")) {
    const message = `${one}, a ${field.type} field, is never in ${two}, a list of texts.`;
    yield problem("wrong-value-type", at, message, "Write the values out.");
  }
}

/** Whether values of two types compare; of json there is no telling. */
function alike(one: string, other: string): boolean {
  if (one === other) return one !== "json" && one !== "list";
  return ALIKE.some((group) => group.includes(one) && group.includes(other));
}
