/** Where nodes stand: ranks from left to right, so that every edge that is in no circle points to the right, and one
 * horizontal lane for each owning team. */

import dagre from "@dagrejs/dagre";
import { type GraphDocument, type GraphNode, type Place, readingOrder } from "./document";

export const NODE_WIDTH = 220;
export const NODE_HEIGHT = 64;
const GAP = 28;
const LANE_HEAD = 30;
const LANE_GAP = 16;

export interface Lane {
  name: string;
  y: number;
  height: number;
}

export interface Arrangement {
  /** The upper left corner of each node, by id. */
  places: Map<string, Place>;
  /** From top to bottom; none where no node names a team. */
  lanes: Lane[];
  width: number;
}

/** The same document is always arranged the same. */
export function arrange(document: GraphDocument): Arrangement {
  const places = ranked(document);
  const width = Math.max(0, ...[...places.values()].map((place) => place.x)) + NODE_WIDTH;
  if (!document.nodes.some((node) => node.lane)) return { places, lanes: [], width };
  return { ...inLanes(document, places), width };
}

/** The places alone. */
export function layOut(document: GraphDocument): Map<string, Place> {
  return arrange(document).places;
}

function ranked(document: GraphDocument): Map<string, Place> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: GAP, ranksep: 84 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of document.nodes) graph.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of document.edges) {
    if (graph.hasNode(edge.from) && graph.hasNode(edge.to)) {
      graph.setEdge(edge.from, edge.to, {}, `branch ${edge.branch ?? ""}`); // an empty name is lost
    }
  }
  dagre.layout(graph);
  return new Map(
    document.nodes.map((node) => {
      const { x, y } = graph.node(node.id);
      return [node.id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}

/** Ranks are kept; inside a lane, what has one rank is stacked in the order in which dagre had it. */
function inLanes(
  document: GraphDocument,
  ranks: Map<string, Place>,
): { places: Map<string, Place>; lanes: Lane[] } {
  const places = new Map<string, Place>();
  const lanes: Lane[] = [];
  let top = 0;
  for (const name of new Set(readingOrder(document).map((node) => node.lane ?? ""))) {
    const depth = new Map<number, number>();
    const inside = document.nodes.filter((node) => (node.lane ?? "") === name);
    const at = (node: GraphNode) => ranks.get(node.id) ?? { x: 0, y: 0 };
    for (const node of inside.sort((one, other) => at(one).y - at(other).y)) {
      const { x } = at(node);
      const row = depth.get(x) ?? 0;
      depth.set(x, row + 1);
      places.set(node.id, { x, y: top + LANE_HEAD + row * (NODE_HEIGHT + GAP) });
    }
    const rows = Math.max(...depth.values());
    const height = LANE_HEAD + rows * (NODE_HEIGHT + GAP);
    lanes.push({ name, y: top, height });
    top += height + LANE_GAP;
  }
  return { places, lanes };
}
