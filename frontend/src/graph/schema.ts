/** Settings against the JSON Schema of their kind, as the server judges them. */

import type { JsonSchema } from "../api/catalogTypes";
import type { Problem } from "../api/types";
import {
  counted,
  cut,
  isObject,
  isWhole,
  lengthOf,
  listed,
  MAX_PROBLEMS,
  nearest,
  own,
  problem,
  several,
  shownOf,
} from "./validationWords";

const TYPE_NAMES: Record<string, string> = {
  object: "an object",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

type Check = (value: unknown, schema: JsonSchema, path: string, node: string) => Iterable<Problem>;

/**
 * Problems of settings, each with the path that leads to it from `path`. What a schema says with a keyword that is
 * not understood here, such as a pattern, is left to the server.
 */
export function checkConfig(config: unknown, schema: JsonSchema, path: string, node = ""): Problem[] {
  return atMost(check(config, schema, path, node));
}

function* check(value: unknown, schema: JsonSchema, path: string, node: string): Generator<Problem> {
  const types = typesOf(schema);
  if (schema.type !== undefined && !types.some((name) => isType(value, name))) {
    const wanted = types.map((name) => own(TYPE_NAMES, name)).join(" or ");
    const message = `“${last(path)}” must be ${wanted}, not ${kindOf(value)}.`;
    yield problem("wrong-config-type", path, message, `Give ${wanted}.`, node);
    return;
  }
  for (const keyword of Object.keys(schema)) {
    const found = own(CHECKS, keyword)?.(value, schema, path, node);
    if (found !== undefined) yield* found;
  }
}

const CHECKS: Record<string, Check> = {
  properties: function* (value, schema, path, node) {
    const known = schema.properties;
    if (!isObject(value) || known === undefined) return;
    for (const name of schema.required ?? []) {
      if (own(value, name) !== undefined) continue;
      const hint = own(known, name)?.["x-help"] || own(known, name)?.description || `Set “${name}”.`;
      yield problem("missing-config", `${path}.${name}`, `“${name}” is missing.`, hint, node);
    }
    for (const [name, inner] of Object.entries(known)) {
      const part = own(value, name);
      if (part !== undefined) yield* check(part, inner, `${path}.${name}`, node);
    }
  },
  additionalProperties: function* (value, schema, path, node) {
    const allowed = schema.additionalProperties;
    if (!isObject(value) || allowed === true || allowed === undefined) return;
    const known = Object.keys(schema.properties ?? {});
    for (const [name, part] of Object.entries(value)) {
      if (known.includes(name) || part === undefined) continue;
      if (allowed !== false) {
        yield* check(part, allowed, `${path}.${name}`, node);
        continue;
      }
      const meant = nearest(name, known);
      const hint = meant ? `Did you mean “${meant}”?` : `Remove it; known are ${listed(known)}.`;
      const message = `“${shownOf(name)}” is no setting here.`;
      yield problem("unknown-config", `${path}.${cut(name, 64)}`, message, hint, node);
    }
  },
  enum: (value, { enum: choices = [] }, path, node) => choiceProblems(value, choices, path, node),
  const: (value, schema, path, node) => choiceProblems(value, [schema.const], path, node),
  items: function* (value, schema, path, node) {
    if (!Array.isArray(value) || schema.items === undefined) return;
    for (const [index, item] of value.entries()) yield* check(item, schema.items, `${path}[${index}]`, node);
  },
  minItems: function* (value, { minItems: least = 0 }, path, node) {
    if (Array.isArray(value) && value.length < least)
      yield size(path, `“${last(path)}” needs at least ${several(least, "item")}.`, "Add one.", node);
  },
  minProperties: function* (value, { minProperties: least = 0 }, path, node) {
    if (isObject(value) && Object.keys(value).length < least)
      yield size(path, `“${last(path)}” needs at least ${several(least, "value")}.`, "Add one.", node);
  },
  maxItems: function* (value, { maxItems: most = 0 }, path, node) {
    if (Array.isArray(value) && value.length > most)
      yield size(path, `“${last(path)}” may have at most ${several(most, "item")}.`, "Remove some.", node);
  },
  uniqueItems: function* (value, schema, path, node) {
    if (!schema.uniqueItems || !Array.isArray(value)) return;
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const text = JSON.stringify(item);
      if (seen.has(text)) {
        const message = `“${shownOf(item)}” stands twice in “${last(path)}”.`;
        yield problem("config-repeated", `${path}[${index}]`, message, "Remove one of them.", node);
      }
      seen.add(text);
    }
  },
  minLength: function* (value, { minLength: least = 0 }, path, node) {
    if (typeof value !== "string" || lengthOf(value) >= least) return;
    const message = value === "" ? `“${last(path)}” is empty.` : `“${last(path)}” is too short.`;
    yield size(path, message, `Give at least ${several(least, "character")}.`, node);
  },
  maxLength: function* (value, { maxLength: most = 0 }, path, node) {
    if (typeof value !== "string" || lengthOf(value) <= most) return;
    const [long, allowed] = [counted(lengthOf(value)), counted(most)];
    const message = `“${last(path)}” is ${long} characters long, ${allowed} are allowed.`;
    yield size(path, message, "Shorten it.", node);
  },
  minimum: function* (value, { minimum: least = 0 }, path, node) {
    if (Number.isFinite(value) && Number(value) < least)
      yield range(path, `“${last(path)}” must be ${least} or more.`, `Give ${least} or more.`, node);
  },
  maximum: function* (value, { maximum: most = 0 }, path, node) {
    if (Number.isFinite(value) && Number(value) > most)
      yield range(path, `“${last(path)}” must be ${most} or less.`, `Give ${most} or less.`, node);
  },
  oneOf: (value, { oneOf: forms = [] }, path, node) => alternatives(value, forms, path, node),
  anyOf: (value, { anyOf: forms = [] }, path, node) => alternatives(value, forms, path, node),
};

function* choiceProblems(
  value: unknown,
  choices: readonly unknown[],
  path: string,
  node: string,
): Generator<Problem> {
  if (choices.some((choice) => same(value, choice))) return;
  const texts = choices.filter((choice) => typeof choice === "string");
  const meant = typeof value === "string" ? nearest(value, texts) : "";
  const hint = meant ? `Did you mean “${meant}”?` : `Choose one of ${listed(choices)}.`;
  const message = `“${shownOf(value)}” is not a choice for “${last(path)}”.`;
  yield problem("config-not-a-choice", path, message, hint, node);
}

/** One of several forms. When none fits, the problems told are those of the form that was meant. */
function* alternatives(
  value: unknown,
  schemas: readonly JsonSchema[],
  path: string,
  node: string,
): Generator<Problem> {
  const answers = schemas.map((schema) => ({ schema, problems: atMost(check(value, schema, path, node)) }));
  if (answers.some(({ problems }) => problems.length === 0)) return;
  const [meant, ...others] = answers.filter(({ schema }) => tagFits(value, schema));
  if (meant !== undefined && others.length === 0) {
    yield* meant.problems;
    return;
  }
  const names = schemas.map(nameOf).filter((name) => name !== "");
  const hint = names.length > 0 ? `Choose one of ${listed(names)}.` : "See the description of this setting.";
  const message = `“${last(path)}” has none of the allowed forms.`;
  yield problem("config-fits-no-form", path, message, hint, node);
}

/** Whether the value carries this form's constants, or is of its type where the form has none. */
function tagFits(value: unknown, schema: JsonSchema): boolean {
  if (!isObject(value)) return typesOf(schema).some((name) => isType(value, name));
  const tags = tagsOf(schema);
  if (tags.length === 0) return typesOf(schema).includes("object");
  return tags.every(([name, wanted]) => own(value, name) !== undefined && same(own(value, name), wanted));
}

/** How a form is called in a hint: its title, its constant, or its type. */
function nameOf(schema: JsonSchema): string {
  const tags = tagsOf(schema).map(([, wanted]) => String(wanted));
  return String(schema.title || schema.const || tags.join(", ") || typesOf(schema).join(" or "));
}

function tagsOf(schema: JsonSchema): [string, unknown][] {
  const tagged = Object.entries(schema.properties ?? {}).filter(([, inner]) => inner.const !== undefined);
  return tagged.map(([name, inner]) => [name, inner.const]);
}

/** The types that a schema allows, which JSON Schema may also list; none where it says nothing of them. */
function typesOf(schema: JsonSchema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat();
}

function isType(value: unknown, name: string): boolean {
  if (name === "integer") return isWhole(value);
  if (name === "number") return Number.isFinite(value);
  return kindOf(value) === TYPE_NAMES[name];
}

/** What a JSON value is, in words. */
function kindOf(value: unknown): string {
  const name = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return TYPE_NAMES[name] ?? "nothing";
}

function same(left: unknown, right: unknown): boolean {
  return left === right || (typeof left === "object" && JSON.stringify(left) === JSON.stringify(right));
}

/** The name at the end of a path, without index. */
function last(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).replace(/(\[\d+\])+$/, "") || path;
}

function size(path: string, message: string, hint: string, node: string): Problem {
  return problem("config-wrong-size", path, message, hint, node);
}

function range(path: string, message: string, hint: string, node: string): Problem {
  return problem("config-out-of-range", path, message, hint, node);
}

function atMost(problems: Iterable<Problem>): Problem[] {
  const found: Problem[] = [];
  for (const each of problems) {
    found.push(each);
    if (found.length === MAX_PROBLEMS) break;
  }
  return found;
}
