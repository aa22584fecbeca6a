/** What differs between two documents, node by node by its id: a renamed node is renamed, a moved one is the same. */

import type { GraphDocument, GraphNode } from "../graph/document";
import { edgeKey } from "../graph/operations";

export interface NodeChange {
  id: string;
  kind: "added" | "removed" | "renamed" | "changed";
  before: GraphNode | null;
  after: GraphNode | null;
  /** Of a changed node: the settings that differ. */
  settings: { name: string; before: unknown; after: unknown }[];
}

export interface Changes {
  nodes: NodeChange[];
  edges: { added: string[]; removed: string[] };
}

export function changesBetween(before: GraphDocument, after: GraphDocument): Changes {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const now = new Map(after.nodes.map((node) => [node.id, node]));
  const nodes: NodeChange[] = [];
  for (const node of after.nodes) {
    const was = old.get(node.id);
    if (was === undefined)
      nodes.push({ id: node.id, kind: "added", before: null, after: node, settings: [] });
    else nodes.push(...changesOf(was, node));
  }
  for (const node of before.nodes) {
    if (!now.has(node.id))
      nodes.push({ id: node.id, kind: "removed", before: node, after: null, settings: [] });
  }
  const [oldEdges, newEdges] = [before.edges.map(edgeKey), after.edges.map(edgeKey)];
  return {
    nodes,
    edges: {
      added: newEdges.filter((key) => !oldEdges.includes(key)),
      removed: oldEdges.filter((key) => !newEdges.includes(key)),
    },
  };
}

function changesOf(before: GraphNode, after: GraphNode): NodeChange[] {
  const found: NodeChange[] = [];
  const one = { id: after.id, before, after };
  if ((before.title ?? "") !== (after.title ?? "")) found.push({ ...one, kind: "renamed", settings: [] });
  const [old, now]: [Record<string, unknown>, Record<string, unknown>] = [
    { type: before.type, team: before.lane ?? "", ...before.config },
    { type: after.type, team: after.lane ?? "", ...after.config },
  ];
  const settings = [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => canonical(old[name]) !== canonical(now[name]))
    .map((name) => ({ name, before: old[name], after: now[name] }));
  if (settings.length > 0) found.push({ ...one, kind: "changed", settings });
  return found;
}

/** The same text for values that are equal, whatever the order of their names. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "nothing";
  const parts = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`);
  return `{${parts.sort().join()}}`;
}
