/** The graph, to look at and to work on. What is drawn is derived from the draft; every gesture is a named action. */

import "@xyflow/react/dist/base.css";
import {
  Background,
  type Connection,
  type EdgeChange,
  MiniMap,
  type NodeChange,
  ReactFlow,
  type ReactFlowInstance,
  SelectionMode,
} from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { branchesOf } from "../graph/branches";
import { familyOf, type GraphNode, type Layout, readingOrder } from "../graph/document";
import { type DraftNode, draftEdges, draftNodes } from "../graph/flow";
import { arrange, NODE_HEIGHT, NODE_WIDTH } from "../graph/layout";
import { edgeKey, whyNotConnect } from "../graph/operations";
import "../graph/graph.css";
import { DraftEdge } from "./DraftEdge";
import { DraftNodeBox } from "./DraftNodeBox";
import { type Direction, isTyping, neighbour } from "./keys";
import { Lanes } from "./Lanes";
import { useEditor, useSlice } from "./store";
import { nameOf, useWorld } from "./world";

const NODE_TYPES = { draft: DraftNodeBox };
const EDGE_TYPES = { draft: DraftEdge };
const ARROWS: Record<string, Direction> = {
  ArrowRight: "right",
  ArrowLeft: "left",
  ArrowUp: "up",
  ArrowDown: "down",
};
const MODIFIERS = new Set(["Tab", "Shift", "Control", "Alt", "Meta"]);
const NUDGE = 20;
const FIT = { maxZoom: 1, padding: 0.1 };
const LEAST_READABLE = 0.5;
export const KIND_MIME = "application/x-automations-kind";

interface Props {
  /** A key that the canvas does not know itself; true when it was used. */
  onKey: (key: string, event: KeyboardEvent) => boolean;
}

export default function Canvas({ onKey }: Props) {
  const { store, actions } = useEditor();
  const { kinds, readOnly } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const dragged = useSlice((state) => state.dragged);
  const selectedIds = useSlice((state) => state.selected);
  const findings = useSlice((state) => state.findings);
  const lit = useSlice((state) => state.candidate);
  const test = useSlice((state) => state.test);
  const [edge, setEdge] = useState<string | null>(null);
  const [moving, setMoving] = useState<Layout | null>(null);
  const flow = useRef<ReactFlowInstance<DraftNode> | null>(null);
  const box = useRef<HTMLDivElement>(null);

  const { nodes, edges } = drawing;
  // Typing in a node's settings must not lay everything out anew.
  const shape = JSON.stringify([nodes.map((node) => [node.id, node.lane]), edges]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` is all of the drawing that the layout reads.
  const arranged = useMemo(() => arrange(drawing), [shape]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above.
  const order = useMemo(() => readingOrder(drawing).map((node) => node.id), [shape]);
  const places = useMemo(
    () => new Map([...arranged.places, ...Object.entries(drawing.layout), ...Object.entries(dragged)]),
    [arranged, drawing.layout, dragged],
  );
  const selected = useMemo(() => new Set(selectedIds), [selectedIds]);
  const active = selectedIds.at(-1) ?? order[0] ?? "";

  const cache = useRef(new Map<string, DraftNode>());
  const drawnNodes = useMemo(() => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const inOrder = order.map((id) => byId.get(id)).filter((node): node is GraphNode => node !== undefined);
    const labelOf = (node: GraphNode) => {
      const count = findings.filter((finding) => finding.node === node.id).length;
      const said = [`${familyOf(node)}: ${nameOf(node, kinds)}`];
      if (node.lane) said.push(`team ${node.lane}`);
      if (count > 0) said.push(count === 1 ? "1 problem" : `${count} problems`);
      said.push(`step ${order.indexOf(node.id) + 1} of ${order.length}`);
      return said.join(", ");
    };
    const drawn = draftNodes(
      inOrder,
      { places, selected, active, waysOf: branchesOf, labelOf },
      cache.current,
    );
    cache.current = new Map(drawn.map((node) => [node.id, node]));
    return drawn;
  }, [nodes, order, places, selected, active, findings, kinds]);

  const path = useMemo(
    () => pathEdges(lit === null ? undefined : test?.candidates.items[lit]?.path),
    [lit, test],
  );
  const drawnEdges = useMemo(() => draftEdges({ nodes, edges }, edge, path), [nodes, edges, edge, path]);

  /** In a large graph a node is drawn only once it has come into sight. */
  const focusNode = useCallback((id: string, tries = 20) => {
    const found = box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
    if (found) found.focus();
    else if (tries > 0) requestAnimationFrame(() => focusNode(id, tries - 1));
  }, []);
  /** The whole graph where it can be read, else where it begins. */
  const showFirst = (instance: ReactFlowInstance<DraftNode>) => {
    const frame = box.current?.getBoundingClientRect();
    const start = places.get(order[0] ?? "");
    if (frame === undefined || start === undefined || arranged.width * LEAST_READABLE < frame.width) {
      void instance.fitView(FIT);
    } else void instance.setViewport({ x: 40 - start.x, y: frame.height / 3 - start.y, zoom: 1 });
  };
  const select = (id: string) => {
    actions.select([id]);
    requestAnimationFrame(() => focusNode(id));
  };

  // What is in the middle stays there when the drawer or the window takes room away.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let { width, height } = element.getBoundingClientRect();
    const observer = new ResizeObserver(() => {
      const now = element.getBoundingClientRect();
      const view = flow.current?.getViewport();
      if (view !== undefined && height > 0) {
        const [x, y] = [view.x + (now.width - width) / 2, view.y + (now.height - height) / 2];
        void flow.current?.setViewport({ ...view, x, y });
      }
      ({ width, height } = now);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The place is kept when a panel opens, unless the panel would cover what is chosen.
  useEffect(() => {
    const place = places.get(active);
    const instance = flow.current;
    const frame = box.current?.getBoundingClientRect();
    if (selected.size !== 1 || place === undefined || instance === null || frame === undefined) return;
    const { x, y, zoom } = instance.getViewport();
    const [left, top] = [place.x * zoom + x, place.y * zoom + y];
    const outside =
      left < 0 ||
      top < 0 ||
      left + NODE_WIDTH * zoom > frame.width ||
      top + NODE_HEIGHT * zoom > frame.height;
    if (outside) void instance.setCenter(place.x + NODE_WIDTH / 2, place.y + NODE_HEIGHT / 2, { zoom });
  }, [active, places, selected.size]);

  const onNodesChange = (changes: NodeChange<DraftNode>[]) => {
    const chosen = new Set(store.getState().selected);
    let picked = false;
    const moved: Layout = {};
    for (const change of changes) {
      if (change.type === "select") {
        picked = true;
        if (change.selected) chosen.add(change.id);
        else chosen.delete(change.id);
      } else if (change.type === "position" && change.position !== undefined && change.dragging === true) {
        moved[change.id] = change.position;
      }
    }
    if (picked) actions.select([...chosen]);
    if (Object.keys(moved).length > 0)
      store.setState((state) => ({ dragged: { ...state.dragged, ...moved } }));
  };
  const drop = () => {
    const { dragged: places } = store.getState();
    if (Object.keys(places).length > 0) actions.move(places);
    store.setState({ dragged: {} });
  };
  const onEdgesChange = (changes: EdgeChange[]) => {
    for (const change of changes) {
      if (change.type === "select") setEdge(change.selected ? change.id : null);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (isTyping(event.target) || !(event.target instanceof HTMLElement)) return;
    // Keys are about the node that has the focus, also when it came by Tab or a script.
    const focused = event.target.closest<HTMLElement>(".react-flow__node")?.dataset.id;
    const chosen = store.getState().selected;
    if (focused !== undefined && !chosen.includes(focused) && !MODIFIERS.has(event.key)) {
      actions.select([focused]);
    }
    const current = focused ?? chosen.at(-1) ?? order[0];
    const arrow = ARROWS[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    let used = true;
    if (arrow !== undefined && plain && moving !== null) nudge(arrow);
    else if (arrow !== undefined && plain && current !== undefined) {
      const next =
        chosen.length === 0 && focused === undefined ? current : neighbour(drawing, places, current, arrow);
      if (next !== null) select(next);
    } else if (event.key === "Home" && order[0] !== undefined) select(order[0]);
    else if (event.key === "End" && order.length > 0) select(order.at(-1) ?? "");
    else if (event.key === " " && current !== undefined) select(current);
    else if (moving !== null && event.key === "Enter") endMove("Moved.");
    else if (moving !== null && event.key === "Escape") {
      actions.undo();
      endMove("Back where it was.");
    } else if (event.key === "Escape") actions.select([]);
    else if (plain && event.key.toLowerCase() === "m" && selectedIds.length > 0 && !readOnly) {
      setMoving({});
      actions.say("Moving: arrows move, Enter ends, Escape takes it back.");
    } else if (plain && event.key === "1") void flow.current?.fitView(FIT);
    else if (plain && event.key === "0") void flow.current?.zoomTo(1);
    else if (plain && event.key === "-") void flow.current?.zoomOut();
    else if (plain && event.key === "=") void flow.current?.zoomIn();
    else if (
      (event.key === "Delete" || event.key === "Backspace") &&
      edge !== null &&
      selectedIds.length === 0
    ) {
      actions.disconnect(edge);
    } else used = onKey(event.key, event);
    if (used) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const nudge = (direction: Direction) => {
    const by = { right: [NUDGE, 0], left: [-NUDGE, 0], up: [0, -NUDGE], down: [0, NUDGE] }[direction];
    const moved = Object.fromEntries(
      selectedIds.flatMap((id) => {
        const place = places.get(id);
        return place === undefined ? [] : [[id, { x: place.x + (by[0] ?? 0), y: place.y + (by[1] ?? 0) }]];
      }),
    );
    actions.move(moved, `nudge ${selectedIds.join()}`);
  };
  const endMove = (said: string) => {
    setMoving(null);
    actions.say(said);
  };

  const isValidConnection = (
    one: Connection | { source: string; target: string; sourceHandle?: string | null },
  ) => whyNotConnect(drawing, one.source, one.sourceHandle ?? "", one.target) === "";
  const onDrop = (event: React.DragEvent) => {
    const type = event.dataTransfer.getData(KIND_MIME);
    if (type === "" || flow.current === null) return;
    event.preventDefault();
    const over = document
      .elementsFromPoint(event.clientX, event.clientY)
      .map((element) => element.closest<HTMLElement>("[data-testid^='edge-add-']")?.dataset.testid)
      .find((found) => found !== undefined);
    const at = flow.current.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const near = over?.slice("edge-add-".length) ?? edgeNear(event);
    if (near !== undefined) actions.add(type, { where: "edge", edge: near });
    else actions.add(type, { where: "free" }, at);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: React Flow's application inside it has the role.
    <div
      className="graph canvas"
      ref={box}
      onKeyDown={onKeyDown}
      onDragOver={(event) => event.dataTransfer.types.includes(KIND_MIME) && event.preventDefault()}
      onDrop={onDrop}
    >
      <ReactFlow<DraftNode>
        nodes={drawnNodes}
        edges={drawnEdges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onInit={(instance) => {
          flow.current = instance;
          showFirst(instance);
        }}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDragStop={drop}
        onSelectionDragStop={drop}
        onConnect={(one) => actions.connect(one.source, one.sourceHandle ?? "", one.target)}
        isValidConnection={isValidConnection}
        aria-label="Graph of the workflow"
        minZoom={0.1}
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionMode={SelectionMode.Partial}
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements={nodes.length > 150}
      >
        <Lanes lanes={arranged.lanes} width={arranged.width} />
        <Background gap={20} />
        {nodes.length > 12 && <MiniMap pannable zoomable ariaLabel="Map of the graph" />}
      </ReactFlow>
    </div>
  );
}

/** The edge whose line or tools are under the pointer. */
function edgeNear(event: React.DragEvent): string | undefined {
  const found = document
    .elementsFromPoint(event.clientX, event.clientY)
    .map((element) => element.closest<HTMLElement>(".react-flow__edge")?.dataset.id)
    .find((id) => id !== undefined);
  return found;
}

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
