import "@xyflow/react/dist/base.css";
import { Handle, type NodeChange, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import type { Step } from "../api/types";
import { StatusMark } from "../ui/chips";
import type { GraphDocument } from "./document";
import { edgesOf, nodesOf, type StepNode } from "./flow";
import "./graph.css";

const NO_STEPS: Step[] = [];
const SIGNS = { trigger: "◎", condition: "◇", action: "▶" };

/** A workflow to look at; with a run's steps, where that run is. */
export default function GraphCanvas({
  document,
  steps = NO_STEPS,
  selected = "",
  onSelect,
}: {
  document: GraphDocument;
  steps?: Step[];
  selected?: string;
  onSelect?: (node: string) => void;
}) {
  const byNode = useMemo(() => new Map(steps.map((step) => [step.node, step])), [steps]);
  const drawn = useMemo(() => nodesOf(document, byNode), [document, byNode]);
  const nodes = useMemo(
    () =>
      drawn.map((node) => ({
        ...node,
        selected: node.id === selected,
        className: `is-${node.data.status ?? "untouched"}`,
        ariaLabel: node.id === selected ? `${node.ariaLabel}, selected` : (node.ariaLabel ?? ""),
      })),
    [drawn, selected],
  );
  const onNodesChange = (changes: NodeChange<StepNode>[]) => {
    const chosen = changes.find((change) => change.type === "select" && change.selected);
    if (chosen?.type === "select") onSelect?.(chosen.id);
  };
  const edges = useMemo(() => edgesOf(document, byNode), [document, byNode]);
  return (
    <div className="graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodesChange={onNodesChange}
        aria-label="Graph of the workflow"
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        deleteKeyCode={null}
      />
    </div>
  );
}

function StepBox({ data }: NodeProps<StepNode>) {
  return (
    <div className={`step step-${data.family}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="step-title">
        <span aria-hidden="true">{SIGNS[data.family]}</span> {data.title}
      </span>
      <span className="step-kind">
        {data.kind}
        {data.status !== null && <StatusMark status={data.status} />}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

const NODE_TYPES = { step: StepBox };
