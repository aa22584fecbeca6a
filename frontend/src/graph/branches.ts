/** The ways out of a node. */

import { familyOf, type GraphNode } from "./document";

/** The names that an edge out of this node may carry, in order; "" is the plain way out. As the engine's `branches_of`. */
export function branchesOf(node: GraphNode): string[] {
  if (node.type === "condition.if") return ["true", "false"];
  if (node.type === "condition.switch") return [...caseNames(node.config), "otherwise"];
  if (familyOf(node) === "action") return node.type === "action.stop" ? [""] : ["", "failed"];
  return [""];
}

/** The branch names of a switch's cases, as far as they are names. */
export function caseNames(config: Record<string, unknown> | undefined): string[] {
  const cases = config?.cases;
  if (!Array.isArray(cases)) return [];
  return cases
    .map((one: unknown) => (typeof one === "object" && one !== null && "branch" in one ? one.branch : null))
    .filter((name): name is string => typeof name === "string");
}
