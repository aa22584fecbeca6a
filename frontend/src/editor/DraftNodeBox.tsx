import { Handle, type NodeProps, Position } from "@xyflow/react";
import { familyOf } from "../graph/document";
import type { DraftNode } from "../graph/flow";
import { leadsOn } from "../graph/operations";
import { useSlice } from "./store";
import { nameOf, summaryOf, useWorld } from "./world";

export const SIGNS = { trigger: "◎", condition: "◇", action: "▶" };

/** How often nodes were drawn; the test of typing counts with it. */
declare global {
  interface Window {
    automationsNodesDrawn?: number;
  }
}

export function DraftNodeBox({ id, data, isConnectable }: NodeProps<DraftNode>) {
  const { kinds } = useWorld();
  const problems = useSlice((state) => state.findings.filter((finding) => finding.node === id).length);
  const total = useSlice((state) => totalAt(state.test, id));
  const { node, ways } = data;
  const family = familyOf(node);
  window.automationsNodesDrawn = (window.automationsNodesDrawn ?? 0) + 1;
  return (
    <div className={`step step-${family}`} data-testid={`node-${id}`}>
      {family !== "trigger" && (
        <Handle type="target" position={Position.Left} isConnectable={isConnectable} />
      )}
      <span className="step-title">
        <span aria-hidden="true">{SIGNS[family]}</span> {nameOf(node, kinds)}
      </span>
      <span className="step-kind">
        <span className="step-summary">{summaryOf(node) || kinds.get(node.type)?.label || node.type}</span>
        {total !== null && <span className="step-total">{total}</span>}
        {problems > 0 && <span className="step-problems">⚠ {problems}</span>}
      </span>
      {leadsOn(node) &&
        ways.map((way, index) => (
          <Handle
            key={way}
            id={way}
            type="source"
            position={Position.Right}
            isConnectable={isConnectable}
            title={way === "" ? "Drag to the next step" : `Branch “${way}”: drag to the next step`}
            style={{ top: `${((index + 1) / (ways.length + 1)) * 100}%` }}
            className={way === "failed" ? "way-failed" : ""}
          />
        ))}
    </div>
  );
}

/** How many records the last test took through a node; null without a test. */
function totalAt(test: { candidates: { items: { path: { node: string }[] }[] } } | null, id: string) {
  if (test === null) return null;
  return test.candidates.items.filter((item) => item.path.some((step) => step.node === id)).length;
}
