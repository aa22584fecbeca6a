import { Handle, type NodeProps, Position } from "@xyflow/react";
import { type MouseEvent, memo } from "react";
import { familyOf, LOOK_SIGNS, lookOf } from "../graph/document";
import type { StepNode } from "../graph/flow";
import { leadsOn } from "../graph/operations";
import { useEditor, useSlice } from "./store";
import { summaryOf, useWords } from "./summary";
import { isMinor, nameOf, useWorld } from "./world";

/** How often nodes were drawn; the test of typing counts with it. */
declare global {
  interface Window {
    automationsNodesDrawn?: number;
  }
}

/** Drawn anew only when its own step changes: React Flow asks all of them at each change of the draft. */
export const DraftNodeBox = memo(function DraftNodeBox({ id, data, isConnectable }: NodeProps<StepNode>) {
  const { store, actions } = useEditor();
  const { kinds } = useWorld();
  const words = useWords();
  const problems = useSlice((state) => messagesOf(state.findings, id));
  const total = useSlice((state) => totalAt(state.test, id));
  const armed = useSlice((state) => (state.armed?.from === id ? state.armed.branch : null));
  const { node, ways, open, refused } = data;
  const family = familyOf(node);
  const name = nameOf(node, kinds);
  const summary = summaryOf(node, words);
  window.automationsNodesDrawn = (window.automationsNodesDrawn ?? 0) + 1;
  const arm = (event: MouseEvent, branch: string) => {
    event.stopPropagation();
    if (!isConnectable) return;
    store.setState({ armed: armed === branch ? null : { from: id, branch } });
    actions.say(armed === branch ? "" : `Choose the step that ${name} leads to; Escape ends.`);
  };
  const look = lookOf(node);
  const classes = ["step", `step-${look}`];
  if (node.disabled) classes.push("step-disabled");
  if (isMinor(node, kinds)) classes.push("step-minor");
  if (refused !== null && armed === null) classes.push(refused === "" ? "step-open" : "step-refused");
  return (
    <div className={classes.join(" ")} data-testid={`node-${id}`}>
      {family !== "trigger" && (
        <Handle type="target" position={Position.Left} isConnectable={isConnectable} />
      )}
      <span className="step-title">
        <span aria-hidden="true">{LOOK_SIGNS[look]}</span> {name}
      </span>
      <span className="step-kind">
        <span className="step-summary" title={summary}>
          {summary || kinds.get(node.type)?.label || node.type}
        </span>
        {node.disabled && <span className="step-off">disabled</span>}
        {total !== null && <span className="step-total">{total}</span>}
        {problems !== "" && (
          <span className="step-problems" title={problems}>
            ⚠ {problems.split("\n").length}
          </span>
        )}
      </span>
      {refused !== null && refused !== "" && armed === null && (
        <span className="step-why" role="tooltip">
          {refused}
        </span>
      )}
      {leadsOn(node) &&
        ways.map((way, index) => (
          <Handle
            key={way}
            id={way}
            type="source"
            position={Position.Right}
            isConnectable={isConnectable}
            title={`${way === "" ? "" : `Branch “${way}”: `}drag to the next step, or click and then click it`}
            style={{ top: `${((index + 0.5) / ways.length) * 100}%` }}
            className={wayClass(way, armed)}
            onClick={(event) => arm(event, way)}
          >
            {open.includes(way) && (
              <span className="way-word" aria-hidden="true">
                {way}
              </span>
            )}
          </Handle>
        ))}
    </div>
  );
});

function wayClass(way: string, armed: string | null): string {
  const classes = [way === "failed" ? "way-failed" : "", way === armed ? "way-armed" : ""];
  return classes.filter((name) => name !== "").join(" ");
}

/** What is wrong with a node, a sentence a line: a text, so that the same problems draw nothing anew. */
function messagesOf(findings: readonly { node: string; message: string }[], id: string): string {
  return findings.flatMap((finding) => (finding.node === id ? [finding.message] : [])).join("\n");
}

/** How many records the last test took through a node; null without a test. */
function totalAt(test: { candidates: { items: { path: { node: string }[] }[] } } | null, id: string) {
  if (test === null) return null;
  return test.candidates.items.filter((item) => item.path.some((step) => step.node === id)).length;
}
