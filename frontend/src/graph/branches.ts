/** The ways out of a node, and whether a new edge would close a circle. */

import type { GraphDocument, GraphNode } from "./document";

/** The way of a switch that is taken when no case holds. */
export const OTHERWISE = "otherwise";

/** The names that an edge out of a node may carry, in order; "" is the plain way out. */
export function branchesOf(node: GraphNode): string[] {
  if (node.type === "condition.if") return ["true", "false"];
  if (node.type === "condition.switch") {
    const cases = node.config?.cases;
    const names = Array.isArray(cases) ? cases.map((entry) => branchOf(entry)) : [];
    return [...names.filter((name) => name !== null), OTHERWISE];
  }
  if (node.type === "action.approval") return ["approved", "rejected", "expired", "failed"];
  if (node.type.split(".")[0] !== "action" || node.type === "action.stop") return [""];
  return ["", "failed"];
}

/** The ways out that need a word beside them while no edge carries it: those of conditions and approvals. That any action
 * may also fail goes without saying. */
export function openWays(ways: readonly string[], leads: (way: string) => boolean): string[] {
  return ways.includes("") ? [] : ways.filter((way) => !leads(way));
}

/** Whether a run can go through a step as if it were not there: only an action with a plain way out. */
export function canBeDisabled(node: GraphNode): boolean {
  return node.type.split(".")[0] === "action" && branchesOf(node).includes("");
}

/** The branch that a case of a switch names; null where it names none. */
export function branchOf(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || !("branch" in entry)) return null;
  return typeof entry.branch === "string" ? entry.branch : null;
}

/** The ways out of a node from top to bottom as they lead, so that their edges don't cross. One that leads nowhere keeps
 * its turn. */
export function waysInOrder(ways: readonly string[], heightOf: (way: string) => number | null): string[] {
  const heights = ways.map((way) => ({ way, height: heightOf(way) }));
  const leading = heights
    .flatMap(({ way, height }) => (height === null ? [] : [{ way, height }]))
    .sort((one, other) => one.height - other.height);
  let turn = 0;
  return heights.flatMap(({ way, height }) =>
    height === null ? [way] : leading.slice(turn, ++turn).map((next) => next.way),
  );
}

/** Whether an edge from one node to another would lead back to where it begins. */
export function wouldMakeCycle(document: GraphDocument, from: string, to: string): boolean {
  return reachable(following(document.edges), [to]).has(from);
}

/** For each node that has edges out, where these lead. */
export function following(edges: readonly { from: string; to: string }[]): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  return next;
}

/** All nodes that can be reached from `starts`, these included. */
export function reachable(
  next: ReadonlyMap<string, readonly string[]>,
  starts: Iterable<string>,
): Set<string> {
  const seen = new Set(starts);
  // A set is walked in the order in which it grows, also while it does.
  for (const key of seen) for (const to of next.get(key) ?? []) seen.add(to);
  return seen;
}
