import { branchesOf } from "../graph/branches";
import type { GraphNode } from "../graph/document";
import { leadsOn, whyNotConnect } from "../graph/operations";
import { useEditor, useSlice } from "./store";
import { nameOf, useWorld } from "./world";

const END = "";
const NEW = "+";

/** Each way out of a step with where it leads: all that drawing an edge does, as ordinary selects. */
export function WaysOut({ node, order }: { node: GraphNode; order: readonly GraphNode[] }) {
  const { store, actions } = useEditor();
  const { kinds, readOnly } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  if (!leadsOn(node)) return null;
  return (
    <ul className="ways">
      {branchesOf(node).map((branch) => {
        const targets = drawing.edges.filter(
          (edge) => edge.from === node.id && (edge.branch ?? "") === branch,
        );
        const first = targets[0]?.to ?? END;
        const others = drawing.edges.filter(
          (edge) => edge.from !== node.id || (edge.branch ?? "") !== branch,
        );
        const legal = order.filter(
          (other) => whyNotConnect({ ...drawing, edges: others }, node.id, branch, other.id) === "",
        );
        const word = branch === "" ? "then" : branch;
        const name = nameOf(node, kinds);
        return (
          <li key={branch}>
            <label>
              <span className={branch === "failed" ? "way-name failed" : "way-name"}>{word} →</span>
              <select
                aria-label={`${name}: ${word} goes to`}
                disabled={readOnly}
                value={first}
                onChange={(event) => {
                  const { value } = event.target;
                  if (value === NEW) {
                    store.setState({ adding: { where: "after", way: { from: node.id, branch } } });
                  } else actions.leadTo(node.id, branch, value);
                }}
              >
                <option value={END}>end</option>
                {legal.map((other) => (
                  <option key={other.id} value={other.id}>
                    {order.indexOf(other) + 1} {nameOf(other, kinds)}
                  </option>
                ))}
                <option value={NEW}>a new step…</option>
              </select>
            </label>
            {targets.length > 1 && <span className="note">and {targets.length - 1} more</span>}
          </li>
        );
      })}
    </ul>
  );
}
