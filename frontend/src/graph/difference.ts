/** What differs between two documents, node by node by its id: a renamed node is renamed, a moved one is the same. */

import { shown } from "../ui/format";
import type { GraphDocument, GraphEdge, GraphNode } from "./document";
import { edgeKey } from "./operations";

export interface Setting {
  /** The path to what differs: "rule.all[0].value". */
  name: string;
  before: unknown;
  after: unknown;
}

export interface NodeChange {
  id: string;
  kind: "added" | "removed" | "renamed" | "changed";
  before: GraphNode | null;
  after: GraphNode | null;
  /** Of a changed node: the settings that differ. */
  settings: Setting[];
}

/** A shape for each kind of change, so that colour is never alone. */
export const CHANGE_SIGNS = { added: "+", removed: "−", renamed: "✎", changed: "●" };

export interface Changes {
  nodes: NodeChange[];
  edges: { added: GraphEdge[]; removed: GraphEdge[] };
}

/** How a node that differs is drawn; one that is renamed and changed has both. */
export interface NodeMark {
  kind: NodeChange["kind"];
  /** The name that it had; null where it still has it. */
  was: string | null;
  settings: Setting[];
}

/** Two documents in one: all that stands in either, and what happened to it. */
export interface Overlay {
  document: GraphDocument;
  nodes: ReadonlyMap<string, NodeMark>;
  /** By `edgeKey`. */
  edges: ReadonlyMap<string, "added" | "removed">;
}

export function changesBetween(before: GraphDocument, after: GraphDocument): Changes {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const now = new Set(after.nodes.map((node) => node.id));
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
  const [oldEdges, newEdges] = [new Set(before.edges.map(edgeKey)), new Set(after.edges.map(edgeKey))];
  return {
    nodes,
    edges: {
      added: after.edges.filter((edge) => !oldEdges.has(edgeKey(edge))),
      removed: before.edges.filter((edge) => !newEdges.has(edgeKey(edge))),
    },
  };
}

export function nothingIn({ nodes, edges }: Changes): boolean {
  return nodes.length === 0 && edges.added.length === 0 && edges.removed.length === 0;
}

export function overlayOf(before: GraphDocument, after: GraphDocument, changes: Changes): Overlay {
  const marks = new Map<string, NodeMark>();
  for (const { id, kind, before: was, settings } of changes.nodes) {
    const known = marks.get(id);
    const renamed = kind === "renamed" ? (was?.title ?? "") : (known?.was ?? null);
    marks.set(id, { kind, was: renamed, settings });
  }
  const gone = changes.nodes.flatMap((change) => (change.kind === "removed" ? [change.id] : []));
  return {
    document: {
      nodes: [...after.nodes, ...before.nodes.filter((node) => gone.includes(node.id))],
      edges: [...after.edges, ...changes.edges.removed],
    },
    nodes: marks,
    edges: new Map([
      ...changes.edges.added.map((edge) => [edgeKey(edge), "added"] as const),
      ...changes.edges.removed.map((edge) => [edgeKey(edge), "removed"] as const),
    ]),
  };
}

/** One change to look at: the steps and the connection that it is about. */
export interface Stop {
  key: string;
  nodes: string[];
  edge: string | null;
}

/** The changes one after the other, as a list shows them. */
export function stopsOf({ nodes, edges }: Changes): Stop[] {
  const ofEdge = (sign: string) => (edge: GraphEdge) => ({
    key: sign + edgeKey(edge),
    nodes: [edge.from, edge.to],
    edge: edgeKey(edge),
  });
  return [
    ...nodes.map(({ kind, id }) => ({ key: `${kind} ${id}`, nodes: [id], edge: null })),
    ...edges.added.map(ofEdge("+")),
    ...edges.removed.map(ofEdge("−")),
  ];
}

/** A setting's value in one line: "high, urgent"; "–" for none. */
export function settingText(value: unknown): string {
  return Array.isArray(value) && value.every((one) => typeof one !== "object")
    ? shown(value.join(", "))
    : shown(value);
}

/** "added Notify owner, changed Is it urgent? and 2 more"; "nothing that runs" where only places differ. */
export function sentenceOf(changes: Changes, nameOf: (node: GraphNode) => string, most = 2): string {
  const told = changes.nodes.flatMap(({ kind, before, after }) =>
    [after ?? before].filter((node) => node !== null).map((node) => `${kind} ${nameOf(node)}`),
  );
  const edges = changes.edges.added.length + changes.edges.removed.length;
  if (told.length === 0)
    return edges === 0 ? "nothing that runs" : `${edges} ${edges === 1 ? "connection" : "connections"}`;
  const more = told.length - most;
  return more > 0 ? `${told.slice(0, most).join(", ")} and ${more} more` : told.join(" and ");
}

/** The same text for values that are equal, whatever the order of their names. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "nothing";
  const parts = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`);
  return `{${parts.sort().join()}}`;
}

function changesOf(before: GraphNode, after: GraphNode): NodeChange[] {
  const found: NodeChange[] = [];
  const one = { id: after.id, before, after };
  if ((before.title ?? "") !== (after.title ?? "")) found.push({ ...one, kind: "renamed", settings: [] });
  const settings = settingsBetween(plainOf(before), plainOf(after));
  if (settings.length > 0) found.push({ ...one, kind: "changed", settings });
  return found;
}

/** All of a node but its id and its name; what is left at its default is as if it were not there. */
function plainOf({ id: _id, title: _title, config, lane, ...rest }: GraphNode): Record<string, unknown> {
  const own = Object.entries({ team: lane, ...rest }).filter(([, value]) => value);
  return { ...Object.fromEntries(own), ...config };
}

/** What differs between two values of JSON, each by the path to it. */
export function settingsBetween(before: unknown, after: unknown, path = ""): Setting[] {
  if (canonical(before) === canonical(after)) return [];
  if (isPlain(before) && isPlain(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      settingsBetween(before[name], after[name], path === "" ? name : `${path}.${name}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return after.flatMap((value, at) => settingsBetween(before[at], value, `${path}[${at}]`));
  }
  return [{ name: path, before, after }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
