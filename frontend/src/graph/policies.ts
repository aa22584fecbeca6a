/** Rules in the settings of steps, and policies in their place. */

import type { Drawing, GraphNode } from "./document";

type Settings = Record<string, unknown>;

const SINGLE = ["scope", "filter", "rule"];
const MANY = ["cases", "rules"];

/** How often a drawing holds a rule: as a whole, not as a part of another one. */
export function placesOf(drawing: Drawing, rule: unknown): number {
  return drawing.nodes.flatMap(holdersOf).filter(([holder, name]) => same(holder[name], rule)).length;
}

/** Put a policy in the place of a rule wherever the drawing holds it. Answers in how many places. */
export function insertPolicy(drawing: Drawing, rule: unknown, key: string): number {
  // Taken before anything changes: the rule that was handed in may be one of these.
  const found = drawing.nodes.flatMap(holdersOf).filter(([holder, name]) => same(holder[name], rule));
  for (const [holder, name] of found) holder[name] = { policy: key };
  return found.length;
}

/** Each object that holds a rule, with the name that it holds it under. */
function holdersOf(node: GraphNode): [Settings, string][] {
  const config = node.config ?? {};
  const single = SINGLE.filter((name) => isObject(config[name])).map((name): [Settings, string] => [
    config,
    name,
  ]);
  const many = MANY.flatMap((name) => {
    const entries = config[name];
    return Array.isArray(entries) ? entries.filter((one) => isObject(one) && isObject(one.rule)) : [];
  });
  return [...single, ...many.map((entry: Settings): [Settings, string] => [entry, "rule"])];
}

/** Whether two JSON values are equal; the order of names does not matter. */
function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => same(item, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => same(one[name], other[name]));
}

function isObject(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
