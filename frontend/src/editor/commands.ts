/** Small decisions about where things go, shared by graph, outline and palette. */

import { branchesOf } from "../graph/branches";
import type { Drawing } from "../graph/document";
import { leadsOn, nodeOf, type Way } from "../graph/operations";

/** The first way out of a node that leads nowhere yet, else its first; null without such a node. "failed" is nobody's
 * first thought. */
export function freeWay(drawing: Drawing, id: string | undefined): Way | null {
  const node = id === undefined ? undefined : nodeOf(drawing, id);
  if (node === undefined || !leadsOn(node)) return null;
  const ways = branchesOf(node).filter((branch) => branch !== "failed");
  const taken = new Set(
    drawing.edges.filter((edge) => edge.from === node.id).map((edge) => edge.branch ?? ""),
  );
  return { from: node.id, branch: ways.find((branch) => !taken.has(branch)) ?? ways[0] ?? "" };
}
