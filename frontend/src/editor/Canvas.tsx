/** The graph, to look at and to work on. What is drawn is derived from the draft; every gesture is a named action. */

import "@xyflow/react/dist/base.css";
import {
  Background,
  type Connection,
  type EdgeChange,
  MiniMap,
  type NodeChange,
  Panel,
  ReactFlow,
  type ReactFlowInstance,
  SelectionMode,
  useKeyPress,
} from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import type { Layout } from "../graph/document";
import type { DraftNode } from "../graph/flow";
import { NODE_HEIGHT, NODE_WIDTH } from "../graph/layout";
import { isNoteKey } from "../graph/notes";
import { nodeOf, whyNotConnect } from "../graph/operations";
import "../graph/graph.css";
import "./canvas.css";
import { DraftEdge } from "./DraftEdge";
import { DraftNodeBox } from "./DraftNodeBox";
import { Lanes, laneAt, NEW_TEAM } from "./Lanes";
import { NoteBox } from "./NoteBox";
import { useEditor, useSlice } from "./store";
import { FIT, useCanvasKeys } from "./useCanvasKeys";
import { useDrawn } from "./useDrawn";
import { nameOf, useWorld } from "./world";

const NODE_TYPES = { draft: DraftNodeBox, note: NoteBox };
const EDGE_TYPES = { draft: DraftEdge };
const LEAST_READABLE = 0.5;
export const KIND_MIME = "application/x-automations-kind";

interface Props {
  /** A key that the canvas does not know itself; true when it was used. */
  onKey: (key: string, event: KeyboardEvent) => boolean;
  /** Open the menu of the chosen step. */
  onMenu: () => void;
}

export default function Canvas({ onKey, onMenu }: Props) {
  const { store, actions } = useEditor();
  const { readOnly } = useWorld();
  const [edge, setEdge] = useState<string | null>(null);
  const flow = useRef<ReactFlowInstance<DraftNode> | null>(null);
  const box = useRef<HTMLDivElement>(null);
  /** With the space bar a drag moves the view, also where it begins on a node. */
  const panning = useKeyPress("Space");
  const drawn = useDrawn(edge);
  const { drawing, arranged, places, selected, active } = drawn;
  /** The node that is dragged, and the lane that it came from. */
  const [grabbed, setGrabbed] = useState<{ id: string; from: string | null } | null>(null);
  const laneOf = (id: string) => {
    const node = nodeOf(drawing, id);
    const place = places.get(id);
    return node === undefined || place === undefined
      ? null
      : laneAt(arranged.lanes, place.y + drawn.tall(node) / 2);
  };
  const over = grabbed === null ? null : laneOf(grabbed.id);

  /** In a large graph a node is drawn only once it has come into sight. */
  const focusNode = useCallback((id: string, tries = 20) => {
    const found = box.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
    if (found) found.focus();
    else if (tries > 0) requestAnimationFrame(() => focusNode(id, tries - 1));
  }, []);
  /** The whole graph where it can be read, else what is chosen, or where it begins. */
  const showFirst = (instance: ReactFlowInstance<DraftNode>) => {
    const frame = box.current?.getBoundingClientRect();
    const start = places.get(active);
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
    const { dragged } = store.getState();
    const steps = Object.keys(dragged).filter((id) => !isNoteKey(id));
    const own = grabbed === null ? undefined : nodeOf(drawing, grabbed.id);
    // Over a border, not only beyond it: a step that was put elsewhere by hand keeps its team.
    const crossed = own !== undefined && over !== null && over !== grabbed?.from && over !== (own.lane ?? "");
    if (crossed && over === NEW_TEAM) store.setState({ teamFor: steps });
    else if (crossed) actions.moveToLane(steps, over, dragged);
    else if (Object.keys(dragged).length > 0) actions.move(dragged);
    store.setState({ dragged: {} });
    setGrabbed(null);
  };
  /** What a click on a step does while a way out is armed; false while none is. */
  const lead = (to: string): boolean => {
    const { armed } = store.getState();
    if (armed === null) return false;
    if (actions.connect(armed.from, armed.branch, to) === "") store.setState({ armed: null });
    return true;
  };
  const onEdgesChange = (changes: EdgeChange[]) => {
    for (const change of changes) {
      if (change.type === "select") setEdge(change.selected ? change.id : null);
    }
  };

  const onKeyDown = useCanvasKeys({ drawn, edge, flow, select, lead, onKey });

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
        nodes={drawn.drawnNodes}
        edges={drawn.drawnEdges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onInit={(instance) => {
          flow.current = instance;
          showFirst(instance);
        }}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDragStart={(_, node) => setGrabbed({ id: node.id, from: laneOf(node.id) })}
        onNodeDragStop={drop}
        onSelectionDragStop={drop}
        onNodeClick={(_, node) => node.type === "draft" && lead(node.id)}
        onNodeContextMenu={(event, node) => {
          event.preventDefault();
          if (node.type !== "draft" || readOnly) return;
          if (!selected.has(node.id)) actions.select([node.id]);
          onMenu();
        }}
        onPaneClick={() => store.setState({ armed: null })}
        onConnectStart={(_, { nodeId, handleId, handleType }) => {
          if (nodeId !== null && handleType === "source")
            store.setState({ armed: { from: nodeId, branch: handleId ?? "" } });
        }}
        onConnectEnd={() => store.setState({ armed: null })}
        onConnect={(one) => actions.connect(one.source, one.sourceHandle ?? "", one.target)}
        isValidConnection={isValidConnection}
        aria-label="Graph of the workflow"
        minZoom={0.1}
        nodesDraggable={!readOnly && !panning}
        nodesConnectable={!readOnly}
        connectOnClick={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionMode={SelectionMode.Partial}
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements={drawing.nodes.length > 150}
      >
        <Lanes lanes={arranged.lanes} width={arranged.width} dragging={grabbed !== null} over={over} />
        <Background gap={20} />
        <Armed />
        {drawing.nodes.length > 12 && <MiniMap pannable zoomable ariaLabel="Map of the graph" />}
      </ReactFlow>
    </div>
  );
}

/** What a click does now, where those who see can read it; it is said to the others. */
function Armed() {
  const { kinds } = useWorld();
  const armed = useSlice((state) => state.armed);
  const from = useSlice((state) => nodeOf(state.history.drawing, state.armed?.from ?? ""));
  if (armed === null || from === undefined) return null;
  return (
    <Panel position="top-center" className="armed" aria-hidden="true">
      Choose the step that {nameOf(from, kinds)}
      {armed.branch !== "" && `, ${armed.branch},`} leads to. Esc ends.
    </Panel>
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
