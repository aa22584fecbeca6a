/** The one crossing from a document to what React Flow draws. */

import type { Edge, Node } from "@xyflow/react";
import type { Step, StepStatus } from "../api/types";
import {
  type Family,
  familyOf,
  type GraphDocument,
  type GraphNode,
  kindOf,
  type Place,
  readingOrder,
  titleOf,
} from "./document";
import { layOut, NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { edgeKey } from "./operations";

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
        id: edgeKey(edge),
        source: edge.from,
        target: edge.to,
        label: branch || undefined,
        focusable: false,
        className: taken ? "taken" : "",
      };
    });
}

/** A node that is edited: it holds the document's own node, so that an unchanged one is drawn only once. */
export type DraftNode = Node<{ node: GraphNode; ways: readonly string[] }, "draft">;

interface Drawn {
  places: ReadonlyMap<string, Place>;
  selected: ReadonlySet<string>;
  /** The one that the Tab key comes to. */
  active: string;
  waysOf: (node: GraphNode) => string[];
  labelOf: (node: GraphNode) => string;
}

/** The nodes of a draft. What was drawn before is used again where nothing about it has changed. */
export function draftNodes(
  nodes: readonly GraphNode[],
  { places, selected, active, waysOf, labelOf }: Drawn,
  before: ReadonlyMap<string, DraftNode>,
): DraftNode[] {
  return nodes.map((node) => {
    const place = places.get(node.id) ?? { x: 0, y: 0 };
    const tabIndex = node.id === active ? 0 : -1;
    const ariaLabel = labelOf(node);
    const old = before.get(node.id);
    if (
      old !== undefined &&
      old.data.node === node &&
      old.position.x === place.x &&
      old.position.y === place.y &&
      old.selected === selected.has(node.id) &&
      old.domAttributes?.tabIndex === tabIndex &&
      old.ariaLabel === ariaLabel
    ) {
      return old;
    }
    return {
      id: node.id,
      type: "draft",
      position: place,
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      selected: selected.has(node.id),
      ariaLabel,
      domAttributes: { tabIndex },
      data: { node, ways: waysOf(node) },
    };
  });
}

/** The edges of a draft; each way out of a node has a handle of its name. */
export function draftEdges(document: GraphDocument, chosen: string | null, lit: ReadonlySet<string>): Edge[] {
  const known = new Set(document.nodes.map((node) => node.id));
  return document.edges
    .filter((edge) => known.has(edge.from) && known.has(edge.to))
    .map((edge) => {
      const id = edgeKey(edge);
      return {
        id,
        type: "draft",
        source: edge.from,
        target: edge.to,
        sourceHandle: edge.branch ?? "",
        label: edge.branch || undefined,
        focusable: false,
        selected: id === chosen,
        className: lit.has(id) ? "taken" : "",
      };
    });
}
