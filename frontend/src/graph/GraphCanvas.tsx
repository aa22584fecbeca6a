import "@xyflow/react/dist/base.css";
import { Handle, type NodeProps, Position, ReactFlow } from "@xyflow/react";
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
}: {
  document: GraphDocument;
  steps?: Step[];
}) {
  const byNode = useMemo(() => new Map(steps.map((step) => [step.node, step])), [steps]);
  const nodes = useMemo(() => nodesOf(document, byNode), [document, byNode]);
  const edges = useMemo(() => edgesOf(document, byNode), [document, byNode]);
  return (
    <div className="graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
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
