import { useMemo } from "react";
import { canBeDisabled } from "../graph/branches";
import { LOOK_SIGNS, lookOf, readingOrder } from "../graph/document";
import { freeWay } from "./commands";
import { OutlineNotes } from "./OutlineNotes";
import { useEditor, useSlice } from "./store";
import { summaryOf, useWords } from "./summary";
import { WaysOut } from "./WaysOut";
import { nameOf, useWorld } from "./world";

/** The draft as a list: it can do all that the graph can, with buttons and selects. */
export function Outline() {
  const { store, actions } = useEditor();
  const { kinds, readOnly } = useWorld();
  const words = useWords();
  const drawing = useSlice((state) => state.history.drawing);
  const selected = useSlice((state) => state.selected);
  const findings = useSlice((state) => state.findings);
  const order = useMemo(() => readingOrder(drawing), [drawing]);
  return (
    <section className="outline" aria-label="Outline of the workflow">
      <ol>
        {order.map((node) => {
          const problems = findings.filter((finding) => finding.node === node.id).length;
          const name = nameOf(node, kinds);
          const way = freeWay(drawing, node.id);
          return (
            <li key={node.id} className={selected.includes(node.id) ? "chosen" : ""} data-node={node.id}>
              <div className="outline-head">
                <button
                  type="button"
                  className="outline-name"
                  aria-pressed={selected.includes(node.id)}
                  onClick={() => actions.select([node.id])}
                >
                  <span aria-hidden="true">{LOOK_SIGNS[lookOf(node)]}</span> {name}
                </button>
                {node.lane && <span className="chip">{node.lane}</span>}
                {node.disabled && <span className="chip">disabled</span>}
                {problems > 0 && (
                  <span className="step-problems">
                    ⚠ {problems === 1 ? "1 problem" : `${problems} problems`}
                  </span>
                )}
                <span className="note outline-summary">{summaryOf(node, words)}</span>
                {!readOnly && (
                  <span className="outline-tools">
                    {way !== null && (
                      <button
                        type="button"
                        aria-label={`Add after ${name}`}
                        onClick={() => store.setState({ adding: { where: "after", way } })}
                      >
                        Add after
                      </button>
                    )}
                    {(node.disabled || canBeDisabled(node)) && (
                      <button
                        type="button"
                        aria-label={`${node.disabled ? "Enable" : "Disable"} ${name}`}
                        onClick={() => actions.toggleDisabled([node.id])}
                      >
                        {node.disabled ? "Enable" : "Disable"}
                      </button>
                    )}
                    <button
                      type="button"
                      aria-label={`Delete ${name}`}
                      onClick={() => actions.remove([node.id])}
                    >
                      Delete
                    </button>
                  </span>
                )}
              </div>
              <WaysOut node={node} order={order} />
            </li>
          );
        })}
      </ol>
      {!readOnly && (
        <button type="button" onClick={() => store.setState({ adding: { where: "free" } })}>
          Add a step
        </button>
      )}
      <OutlineNotes />
    </section>
  );
}
