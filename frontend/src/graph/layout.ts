/** Where nodes stand: ranks from left to right, so that every edge that is in no circle points to the right, and one
 * horizontal lane for each owning team. */

import dagre from "@dagrejs/dagre";
import { branchesOf } from "./branches";
import { type GraphDocument, type GraphNode, type Place, placeOf, readingOrder } from "./document";

export const NODE_WIDTH = 240;
export const NODE_HEIGHT = 72;
/** Of what only tells people something. */
export const MINOR_HEIGHT = 52;
/** What one way out needs, so that it can be hit. */
const WAY_HEIGHT = 24;
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

/** How tall a node is drawn: each of its ways out has room. */
export function heightOf(node: GraphNode, minor: boolean): number {
  return Math.max(minor ? MINOR_HEIGHT : NODE_HEIGHT, branchesOf(node).length * WAY_HEIGHT);
}

type Heights = (node: GraphNode) => number;

/** The same document is always arranged the same. */
export function arrange(document: GraphDocument, heights: Heights = () => NODE_HEIGHT): Arrangement {
  const places = ranked(document, heights);
  const width = Math.max(0, ...[...places.values()].map((place) => place.x)) + NODE_WIDTH;
  if (!document.nodes.some((node) => node.lane)) return { places, lanes: [], width };
  return { ...inLanes(document, places, heights), width };
}

/** The places alone. */
export function layOut(document: GraphDocument): Map<string, Place> {
  return arrange(document).places;
}

function ranked(document: GraphDocument, heights: Heights): Map<string, Place> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: GAP, ranksep: 88 });
  for (const node of document.nodes) graph.setNode(node.id, { width: NODE_WIDTH, height: heights(node) });
  for (const edge of document.edges) {
    if (graph.hasNode(edge.from) && graph.hasNode(edge.to)) {
      graph.setEdge(edge.from, edge.to, {}, `branch ${edge.branch ?? ""}`); // an empty name is lost
    }
  }
  dagre.layout(graph);
  return new Map(
    document.nodes.map((node) => {
      const { x, y } = graph.node(node.id);
      return [node.id, { x: x - NODE_WIDTH / 2, y: y - heights(node) / 2 }];
    }),
  );
}

/** Ranks are kept; inside a lane, what has one rank is stacked in the order in which dagre had it. */
function inLanes(
  document: GraphDocument,
  ranks: Map<string, Place>,
  heights: Heights,
): { places: Map<string, Place>; lanes: Lane[] } {
  const places = new Map<string, Place>();
  const lanes: Lane[] = [];
  let top = 0;
  for (const name of new Set(readingOrder(document).map((node) => node.lane ?? ""))) {
    const depth = new Map<number, number>();
    const inside = document.nodes.filter((node) => (node.lane ?? "") === name);
    const at = (node: GraphNode) => placeOf(ranks, node.id);
    for (const node of inside.sort((one, other) => at(one).y - at(other).y)) {
      const { x } = at(node);
      const filled = depth.get(x) ?? 0;
      depth.set(x, filled + heights(node) + GAP);
      places.set(node.id, { x, y: top + LANE_HEAD + filled });
    }
    const height = LANE_HEAD + Math.max(...depth.values());
    lanes.push({ name, y: top, height });
    top += height + LANE_GAP;
  }
  return { places, lanes };
}
