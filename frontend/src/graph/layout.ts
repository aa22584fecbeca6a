/** Where nodes stand: ranks from left to right, so that every edge that is in no circle points to the right. */

import dagre from "@dagrejs/dagre";
import type { GraphDocument, Place } from "./document";

export const NODE_WIDTH = 220;
export const NODE_HEIGHT = 64;

/** The upper left corner of each node, by id; the same document is always laid out the same. */
export function layOut(document: GraphDocument): Map<string, Place> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 28, ranksep: 84 });
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
