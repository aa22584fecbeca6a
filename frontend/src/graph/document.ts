/** The workflow document as the API gives it: what is drawn, and the questions that a drawing asks of it. */

export interface GraphNode {
  id: string;
  /** `family.kind`: "trigger.record", "condition.if", "action.assign". */
  type: string;
  title?: string;
  lane?: string;
  /** Of actions: a run goes through it as if it were not there. */
  disabled?: boolean;
  config?: Record<string, unknown>;
}

export interface GraphEdge {
  from: string;
  to: string;
  branch?: string;
}

export interface GraphDocument {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** The upper left corner of a node, in pixels. */
export interface Place {
  x: number;
  y: number;
}

export type Layout = Record<string, Place>;

/** A text on the graph, of no meaning to what runs. */
export interface Note extends Place {
  id: string;
  text: string;
  width: number;
  height: number;
}

/** What the editor changes: a document, where its nodes were put by hand, what was written beside them. */
export interface Drawing extends GraphDocument {
  layout: Layout;
  notes: Note[];
}

/** A document as the API, or an earlier visit, gives it: it may know of no notes. */
export function drawingOf(document: GraphDocument & { layout?: Layout; notes?: readonly Note[] }): Drawing {
  const { nodes, edges, layout = {}, notes = [] } = document;
  return { nodes, edges, layout, notes: [...notes] };
}

export type Family = "trigger" | "condition" | "action";

export function familyOf(node: GraphNode): Family {
  const family = node.type.split(".")[0];
  return family === "trigger" || family === "condition" ? family : "action";
}

/** "assign" of "action.assign", with words instead of underscores. */
export function kindOf(node: GraphNode): string {
  return node.type.slice(node.type.indexOf(".") + 1).replaceAll("_", " ");
}

export function titleOf(node: GraphNode): string {
  return node.title || node.id;
}

/** Every node after those that lead to it, else in the order of the document; what stands in a circle comes last. */
export function readingOrder(document: GraphDocument): GraphNode[] {
  const known = new Set(document.nodes.map((node) => node.id));
  const edges = document.edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  const waitsFor = new Tally();
  for (const edge of edges) waitsFor.add(edge.to, 1);
  const ordered: GraphNode[] = [];
  const placed = new Set<string>();
  for (let next = free(); next !== undefined; next = free()) {
    placed.add(next.id);
    ordered.push(next);
    for (const edge of edges) if (edge.from === next.id) waitsFor.add(edge.to, -1);
  }
  return [...ordered, ...document.nodes.filter((node) => !placed.has(node.id))];

  function free(): GraphNode | undefined {
    return document.nodes.find((node) => !placed.has(node.id) && waitsFor.of(node.id) === 0);
  }
}

/** How many of each name. */
export class Tally {
  private readonly counts = new Map<string, number>();

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  add(name: string, more: number): void {
    this.counts.set(name, this.of(name) + more);
  }
}

/** Where something stands; what has no place yet stands at the beginning. */
export function placeOf(places: ReadonlyMap<string, Place>, id: string): Place {
  return places.get(id) ?? { x: 0, y: 0 };
}

/** How a node looks beside its family: what waits, asks, starts another workflow or ends is told from what acts. */
export type Look = Family | "approval" | "wait" | "start" | "stop";

const LOOKS: Readonly<Record<string, Look>> = {
  "action.approval": "approval",
  "action.wait": "wait",
  "action.start_workflow": "start",
  "action.stop": "stop",
};

export const LOOK_SIGNS: Readonly<Record<Look, string>> = {
  trigger: "◎",
  condition: "◇",
  action: "▶",
  approval: "✋\uFE0E",
  wait: "◷",
  start: "⇉",
  stop: "■",
};

export function lookOf(node: GraphNode): Look {
  return LOOKS[node.type] ?? familyOf(node);
}
