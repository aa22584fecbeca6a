/** The one crossing from a document to what React Flow draws. */

import type { Edge, Node } from "@xyflow/react";
import type { Step, StepStatus } from "../api/types";
import { type Family, familyOf, type GraphDocument, kindOf, readingOrder, titleOf } from "./document";
import { layOut, NODE_HEIGHT, NODE_WIDTH } from "./layout";

export type StepNode = Node<
  { title: string; kind: string; family: Family; status: StepStatus | null },
  "step"
>;

/** Nodes in reading order, which is the order of the Tab key, each with a name that says what it is and did. */
export function nodesOf(document: GraphDocument, steps: ReadonlyMap<string, Step>): StepNode[] {
  const places = layOut(document);
  return readingOrder(document).map((node) => {
    const family = familyOf(node);
    const status = steps.get(node.id)?.status ?? null;
    const said = [`${family}: ${titleOf(node)}`, kindOf(node), ...(status === null ? [] : [status])];
    return {
      id: node.id,
      type: "step",
      position: places.get(node.id) ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      ariaLabel: said.join(", "),
      data: { title: titleOf(node), kind: kindOf(node), family, status },
    };
  });
}

/** Edges with their branch as label. With steps, those that the run went along are marked as taken. */
export function edgesOf(document: GraphDocument, steps: ReadonlyMap<string, Step>): Edge[] {
  const known = new Set(document.nodes.map((node) => node.id));
  return document.edges
    .filter((edge) => known.has(edge.from) && known.has(edge.to))
    .map((edge) => {
      const branch = edge.branch ?? "";
      const taken = steps.get(edge.from)?.branches.includes(branch) ?? false;
      return {
        id: `${edge.from}:${branch}:${edge.to}`,
        source: edge.from,
        target: edge.to,
        label: branch || undefined,
        focusable: false,
        className: taken ? "taken" : "",
      };
    });
}
