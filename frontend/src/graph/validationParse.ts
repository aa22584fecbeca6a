/** The shape of a document: what keeps it from being read, or stored, at all. */

import type { Problem } from "../api/types";
import {
  counted,
  cut,
  isObject,
  isUnstorable,
  type Json,
  lengthOf,
  problem,
  quoted,
} from "./validationWords";

const MAX_CONFIG_DEPTH = 32;
const MAX_CONFIG_VALUES = 20_000;
const MAX_VALUES = 100_000;
const MAX_NAME_LENGTH = 100;
export const MAX_BRANCH_LENGTH = 80;
const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const TEXTS = [
  ["type", 64],
  ["title", 200],
  ["lane", 80],
] as const;

export interface ReadNode {
  id: string;
  type: string;
  title: string;
  /** What the type begins with: “trigger”, “condition”, “action”. */
  family: string;
  /** How sentences call it. */
  label: string;
  disabled: boolean;
  config: Json;
}

export interface ReadEdge {
  from: string;
  to: string;
  branch: string;
}

export interface ReadDocument {
  nodes: ReadNode[];
  edges: ReadEdge[];
  /** Pinned policies by key, each with its rule. */
  policies: Record<string, { rule: Json }>;
}

/** The parts of a document, or its problems. */
export function readDocument(
  document: unknown,
  limits: { nodes: number; edges: number },
): ReadDocument | Problem[] {
  if (!isObject(document)) {
    const hint = 'Send {"schema": 1, "nodes": [], "edges": []}.';
    return [problem("malformed-document", "", "The document must be a JSON object.", hint)];
  }
  const values = new Values();
  const problems = [...shapeProblems(document, values, limits)];
  if (problems.length > 0) return problems;
  const nodes = new Map<string, ReadNode | null>();
  for (const [index, raw] of listOf(document.nodes).entries()) {
    const wrong = readNode(raw, `nodes[${index}]`, nodes, values);
    if (wrong !== null) problems.push(wrong);
    if (values.left < 0) {
      const message = `The document holds more than ${counted(MAX_VALUES)} values.`;
      return [problem("document-too-large", "", message, "Split the workflow and use “start workflow”.")];
    }
  }
  const edges: ReadEdge[] = [];
  for (const [index, raw] of listOf(document.edges).entries()) {
    const read = readEdge(raw, `edges[${index}]`, nodes);
    if ("code" in read) problems.push(read);
    else edges.push(read);
  }
  if (problems.length > 0) return problems;
  const policies = (document.policies ?? {}) as ReadDocument["policies"];
  return { nodes: [...nodes.values()].filter((node) => node !== null), edges, policies };
}

function* shapeProblems(
  document: Json,
  values: Values,
  limits: { nodes: number; edges: number },
): Generator<Problem> {
  if (document.schema !== undefined && document.schema !== 1)
    yield problem("unknown-schema", "schema", "This schema version is not known here.", "Use 1.");
  for (const key of ["nodes", "edges"] as const) {
    const value = document[key] === undefined && key === "edges" ? [] : document[key];
    if (!Array.isArray(value)) {
      yield problem("malformed-document", key, `“${key}” must be a list.`, `Send "${key}": [].`);
    } else if (value.length > limits[key]) {
      const message = `${counted(value.length)} ${key} are more than the ${counted(limits[key])} allowed.`;
      yield problem(`too-many-${key}`, key, message, "Split the workflow and use “start workflow”.");
    }
  }
  for (const key of ["policies", "settings", "layout"]) {
    const value = document[key] ?? null;
    if (value === null) continue;
    if (!isObject(value)) {
      const hint = `Send "${key}": {} or leave it out.`;
      yield problem("malformed-document", key, `“${key}” must be an object.`, hint);
    } else if (key !== "layout") {
      const wrong = values.problem(value, key);
      if (wrong !== null) yield wrong;
      else if (key === "policies") yield* policyProblems(value);
    }
  }
}

function* policyProblems(policies: Json): Generator<Problem> {
  for (const [key, policy] of Object.entries(policies)) {
    if (isObject(policy) && isObject(policy.rule)) continue;
    const hint = 'Send {"revision": 1, "rule": {…}}.';
    const message = "A pinned policy must be an object with its rule.";
    yield problem("malformed-document", `policies.${key}`, message, hint);
  }
}

/** Adds the node to those known, or null for one that is known by its id alone, and says what is wrong with it. */
function readNode(
  raw: unknown,
  path: string,
  nodes: Map<string, ReadNode | null>,
  values: Values,
): Problem | null {
  if (!isObject(raw))
    return problem("malformed-node", path, "A node must be an object.", 'Send {"id", "type", "config"}.');
  const id = raw.id;
  if (typeof id !== "string" || !NODE_ID.test(id)) {
    const message = "A node needs an id of letters, digits, “-” and “_”, at most 64 long.";
    return problem("bad-node-id", `${path}.id`, message, "Give it an id such as “a1”.");
  }
  if (nodes.has(id)) {
    const message = `The id “${id}” stands on two nodes.`;
    return problem("duplicate-node-id", `${path}.id`, message, "Give one of them another id.", id);
  }
  nodes.set(id, null);
  const texts = { type: "", title: "", lane: "" };
  for (const [key, most] of TEXTS) {
    const value = raw[key] === undefined ? "" : raw[key];
    const fits = typeof value === "string" && lengthOf(value) <= most && !isUnstorable(value);
    if (!fits || (key === "type" && value === "")) {
      const message = `“${key}” must be text of ${key === "type" ? "1 to" : "at most"} ${most} characters.`;
      return problem("malformed-node", `${path}.${key}`, message, `Correct “${key}”.`, id);
    }
    texts[key] = value;
  }
  const disabled = raw.disabled === undefined ? false : raw.disabled;
  if (typeof disabled !== "boolean") {
    const message = "“disabled” must be true or false.";
    return problem("malformed-node", `${path}.disabled`, message, "Correct “disabled”.", id);
  }
  const config = raw.config === undefined ? {} : raw.config;
  const place = `${path}.config`;
  if (!isObject(config))
    return problem("malformed-node", place, "“config” must be an object.", 'Send "config": {}.', id);
  const wrong = values.problem(config, place, id);
  if (wrong !== null) return wrong;
  const { type, title } = texts;
  const [family = ""] = type.split(".");
  nodes.set(id, { id, type, title, family, label: title || id, disabled, config });
  return null;
}

function readEdge(raw: unknown, path: string, nodes: ReadonlyMap<string, unknown>): ReadEdge | Problem {
  if (!isObject(raw))
    return problem("malformed-edge", path, "An edge must be an object.", 'Send {"from", "to", "branch"}.');
  const node = typeof raw.from === "string" && nodes.has(raw.from) ? raw.from : "";
  const ends = { from: "", to: "" };
  for (const key of ["from", "to"] as const) {
    const value = raw[key];
    if (typeof value !== "string")
      return problem(
        "malformed-edge",
        `${path}.${key}`,
        `“${key}” must be a node's id.`,
        `Set “${key}”.`,
        node,
      );
    if (!nodes.has(value)) {
      const message = `There is no node ${quoted(value, 64)}.`;
      const hint = "Remove the edge or connect it to a node.";
      return problem(`edge-${key}-missing-node`, `${path}.${key}`, message, hint, node);
    }
    ends[key] = value;
  }
  const branch = raw.branch ?? "";
  if (typeof branch !== "string" || lengthOf(branch) > MAX_BRANCH_LENGTH || isUnstorable(branch)) {
    const message = `“branch” must be text of at most ${MAX_BRANCH_LENGTH} characters.`;
    return problem("malformed-edge", `${path}.branch`, message, "Name a branch.", node);
  }
  return { ...ends, branch };
}

/** The values of one document, walked without recursion; `left` is negative once there are too many. */
class Values {
  left = MAX_VALUES;

  /** What keeps a value from being stored. Ends where the document is too large. */
  problem(value: unknown, path: string, node = ""): Problem | null {
    const stack: [unknown, number][] = [[value, 1]];
    const name = path.slice(path.lastIndexOf(".") + 1);
    let left = MAX_CONFIG_VALUES;
    for (let next = stack.pop(); next !== undefined && this.left >= 0; next = stack.pop()) {
      const [current, depth] = next;
      if (typeof current === "string" && isUnstorable(current)) {
        const message = "A text here holds a NUL or half a character, which cannot be stored.";
        return problem("unstorable-value", path, message, "Type the text anew.", node);
      }
      if (typeof current === "number" && !Number.isFinite(current)) {
        const message = "A number here is not finite, or longer than 400 digits.";
        return problem("unstorable-value", path, message, "Give a smaller number.", node);
      }
      if (typeof current !== "object" || current === null) continue;
      if (depth > MAX_CONFIG_DEPTH) {
        const message = `“${name}” is nested more than ${MAX_CONFIG_DEPTH} deep.`;
        return problem("config-too-deep", path, message, "Flatten it.", node);
      }
      const inner: unknown[] = Object.values(current);
      left -= inner.length;
      if (left < 0) {
        const message = `“${name}” holds more than ${counted(MAX_CONFIG_VALUES)} values.`;
        return problem("config-too-large", path, message, "Split it.", node);
      }
      this.left -= inner.length;
      const names = Array.isArray(current) ? [] : Object.keys(current);
      if (names.some((key) => key !== cut(key, MAX_NAME_LENGTH))) {
        const message = `A name in “${name}” has more than ${MAX_NAME_LENGTH} characters.`;
        return problem("config-name-too-long", path, message, "Shorten it.", node);
      }
      for (const key of names) stack.push([key, depth + 1]);
      for (const child of inner) stack.push([child, depth + 1]);
    }
    return null;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
