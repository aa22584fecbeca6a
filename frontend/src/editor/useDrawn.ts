import { useCallback, useMemo, useRef } from "react";
import { branchesOf, openWays, waysInOrder } from "../graph/branches";
import { familyOf, type GraphDocument, type GraphNode, type Place, readingOrder } from "../graph/document";
import { type DraftNode, draftEdges, draftNodes, noteNodes, type StepNode } from "../graph/flow";
import { arrange, heightOf } from "../graph/layout";
import { noteKey } from "../graph/notes";
import { edgeKey, whyNotConnect } from "../graph/operations";
import { useSlice } from "./store";
import { isMinor, nameOf, useWorld } from "./world";

/** The draft as React Flow draws it, with the chosen edge; a box that did not change stays the same object. */
export function useDrawn(edge: string | null) {
  const { kinds } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const dragged = useSlice((state) => state.dragged);
  const selectedIds = useSlice((state) => state.selected);
  const findings = useSlice((state) => state.findings);
  const lit = useSlice((state) => state.candidate);
  const test = useSlice((state) => state.test);
  const armed = useSlice((state) => state.armed);

  const { nodes, edges, notes } = drawing;
  const tall = useCallback((node: GraphNode) => heightOf(node, isMinor(node, kinds)), [kinds]);
  // Typing in a node's settings must not lay everything out anew.
  const shape = JSON.stringify([nodes.map((node) => [node.id, node.lane, tall(node)]), edges]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` is all of the drawing that the layout reads.
  const arranged = useMemo(() => arrange(drawing, tall), [shape]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above.
  const order = useMemo(() => readingOrder(drawing).map((node) => node.id), [shape]);
  /** Where everything stands, but for what is being dragged. */
  const settled = useMemo(
    () =>
      new Map<string, Place>([
        ...arranged.places,
        ...Object.entries(drawing.layout),
        ...notes.map((note) => [noteKey(note), note] as const),
      ]),
    [arranged, drawing.layout, notes],
  );
  const places = useMemo(() => new Map([...settled, ...Object.entries(dragged)]), [settled, dragged]);
  const ways = useMemo(() => waysOfAll(drawing, settled, tall), [drawing, settled, tall]);
  const refusals = useMemo(
    () =>
      armed === null
        ? null
        : new Map(nodes.map(({ id }) => [id, whyNotConnect(drawing, armed.from, armed.branch, id)])),
    [armed, drawing, nodes],
  );
  const selected = useMemo(() => new Set(selectedIds), [selectedIds]);
  const active = selectedIds.at(-1) ?? order[0] ?? "";

  const cache = useRef(new Map<string, StepNode>());
  const drawnSteps = useMemo(() => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const turn = new Map(order.map((id, index) => [id, index + 1]));
    const counts = new Map<string, number>();
    for (const { node } of findings) counts.set(node, (counts.get(node) ?? 0) + 1);
    const inOrder = order.map((id) => byId.get(id)).filter((node): node is GraphNode => node !== undefined);
    const labelOf = (node: GraphNode) => {
      const count = counts.get(node.id) ?? 0;
      const said = [`${familyOf(node)}: ${nameOf(node, kinds)}`];
      if (node.lane) said.push(`team ${node.lane}`);
      if (node.disabled) said.push("disabled");
      if (count > 0) said.push(count === 1 ? "1 problem" : `${count} problems`);
      said.push(`step ${turn.get(node.id)} of ${order.length}`);
      return said.join(", ");
    };
    const drawn = draftNodes(
      inOrder,
      {
        places,
        selected,
        active,
        waysOf: (node) => ways.get(node.id)?.all ?? [],
        openOf: (node) => ways.get(node.id)?.open ?? [],
        heightOf: tall,
        labelOf,
        refusalOf: (node) => refusals?.get(node.id) ?? null,
      },
      cache.current,
    );
    cache.current = new Map(drawn.map((node) => [node.id, node]));
    return drawn;
  }, [nodes, order, places, selected, active, findings, kinds, ways, tall, refusals]);
  const drawnNodes = useMemo<DraftNode[]>(
    () => [...noteNodes(notes, { places, selected, active }), ...drawnSteps],
    [notes, places, selected, active, drawnSteps],
  );

  const path = useMemo(
    () => pathEdges(lit === null ? undefined : test?.candidates.items[lit]?.path),
    [lit, test],
  );
  const drawnEdges = useMemo(() => draftEdges({ nodes, edges }, edge, path), [nodes, edges, edge, path]);
  return { drawing, order, arranged, places, tall, selected, selectedIds, active, drawnNodes, drawnEdges };
}

interface Ways {
  /** In the order in which their targets stand. */
  all: readonly string[];
  open: readonly string[];
}

/** The ways out of each node. */
function waysOfAll(
  { nodes, edges }: GraphDocument,
  places: ReadonlyMap<string, Place>,
  tall: (node: GraphNode) => number,
): ReadonlyMap<string, Ways> {
  const middles = new Map(nodes.map((node) => [node.id, (places.get(node.id)?.y ?? 0) + tall(node) / 2]));
  const targets = new Map<string, number[]>();
  for (const edge of edges) {
    const [key, y] = [`${edge.from}:${edge.branch ?? ""}`, middles.get(edge.to)];
    if (y !== undefined) targets.set(key, [...(targets.get(key) ?? []), y]);
  }
  return new Map(
    nodes.map(({ id, ...node }) => {
      const height = (way: string) => {
        const found = targets.get(`${id}:${way}`);
        return found === undefined ? null : found.reduce((sum, y) => sum + y, 0) / found.length;
      };
      const all = waysInOrder(branchesOf({ id, ...node }), height);
      return [id, { all, open: openWays(all, (way) => targets.has(`${id}:${way}`)) }];
    }),
  );
}

export type Drawn = ReturnType<typeof useDrawn>;

/** The keys of the edges that a tested path took. */
function pathEdges(path: { node: string; branches: string[] }[] | undefined): ReadonlySet<string> {
  if (path === undefined) return new Set();
  const met = new Set(path.map((step) => step.node));
  return new Set(
    path.flatMap((step) =>
      (step.branches.length === 0 ? [""] : step.branches).flatMap((branch) =>
        [...met].map((to) => edgeKey({ from: step.node, branch, to })),
      ),
    ),
  );
}
