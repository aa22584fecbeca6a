/** The one crossing from a draft to what React Flow draws. */

import type { Edge, Node } from "@xyflow/react";
import { type GraphDocument, type GraphNode, type Note, type Place, placeOf } from "./document";
import { NODE_WIDTH } from "./layout";
import { noteKey } from "./notes";
import { edgeKey } from "./operations";

/** A node that is edited: it holds the document's own node, so that an unchanged one is drawn only once. */
export type StepNode = Node<
  {
    node: GraphNode;
    /** Its ways out, from top to bottom. */
    ways: readonly string[];
    /** Those of them that have a name and lead nowhere: no edge says what they are for. */
    open: readonly string[];
    /** Why the armed way out can't lead here; null while none is armed, "" where it can. */
    refused: string | null;
  },
  "draft"
>;

export type NoteNode = Node<{ note: Note }, "note">;

export type DraftNode = StepNode | NoteNode;

interface Drawn {
  places: ReadonlyMap<string, Place>;
  selected: ReadonlySet<string>;
  /** The one that the Tab key comes to. */
  active: string;
  waysOf: (node: GraphNode) => readonly string[];
  openOf: (node: GraphNode) => readonly string[];
  heightOf: (node: GraphNode) => number;
  labelOf: (node: GraphNode) => string;
  refusalOf: (node: GraphNode) => string | null;
}

/** The nodes of a draft. What was drawn before is used again where nothing about it has changed. */
export function draftNodes(
  nodes: readonly GraphNode[],
  { places, selected, active, waysOf, openOf, heightOf, labelOf, refusalOf }: Drawn,
  before: ReadonlyMap<string, StepNode>,
): StepNode[] {
  return nodes.map((node) => {
    const place = placeOf(places, node.id);
    const tabIndex = node.id === active ? 0 : -1;
    const [ways, open, height] = [waysOf(node), openOf(node), heightOf(node)];
    const [ariaLabel, refused] = [labelOf(node), refusalOf(node)];
    const old = before.get(node.id);
    if (
      old !== undefined &&
      old.data.node === node &&
      old.data.ways.join("\n") === ways.join("\n") &&
      old.data.open.join("\n") === open.join("\n") &&
      old.data.refused === refused &&
      old.position.x === place.x &&
      old.position.y === place.y &&
      old.height === height &&
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
      height,
      selected: selected.has(node.id),
      ariaLabel,
      domAttributes: { tabIndex },
      data: { node, ways, open, refused },
    };
  });
}

export function noteNodes(
  notes: readonly Note[],
  { places, selected, active }: Pick<Drawn, "places" | "selected" | "active">,
): NoteNode[] {
  return notes.map((note) => {
    const id = noteKey(note);
    return {
      id,
      type: "note",
      position: places.get(id) ?? { x: note.x, y: note.y },
      width: note.width,
      height: note.height,
      zIndex: -1,
      selected: selected.has(id),
      ariaLabel: `note: ${note.text || "empty"}`,
      domAttributes: { tabIndex: id === active ? 0 : -1 },
      data: { note },
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
