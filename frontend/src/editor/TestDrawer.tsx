import type { Candidate, RunTest } from "../api/types";
import { nodeOf } from "../graph/operations";
import { shown } from "../ui/format";
import { useEditor, useSlice } from "./store";
import { nameOf, useWorld } from "./world";

/** What the last test found: the branches with their counts, and each record with what would be done to it. */
export function TestDrawer({ busy, trouble }: { busy: boolean; trouble: string }) {
  const test = useSlice((state) => state.test);
  if (busy) return <p className="note">Testing… nothing is written.</p>;
  if (trouble !== "") return <p className="problem">{trouble}</p>;
  if (test === null) {
    return (
      <p className="note">
        A test says what this draft would do with the records as they are now. It writes nothing. Press Run
        test, or Ctrl+Enter.
      </p>
    );
  }
  return <Candidates test={test} />;
}

function Candidates({ test }: { test: RunTest }) {
  const { store } = useEditor();
  const { kinds } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const chosen = useSlice((state) => state.candidate);
  const { total, shown: count, branches, items } = test.candidates;
  const named = (id: string) => {
    const node = nodeOf(drawing, id);
    return node === undefined ? id : nameOf(node, kinds);
  };
  if (!test.matched || total === 0) return <NoCandidate test={test} />;
  return (
    <>
      <p>
        <strong>{total === 1 ? "1 candidate" : `${total} candidates`}</strong>
        {count < total && ` (the first ${count} are shown)`}
        {branches.map((branch) => (
          <span key={`${branch.node} ${branch.branch}`} className="chip branch-total">
            {named(branch.node)}: {branch.total} {branch.branch}
          </span>
        ))}
      </p>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Record</th>
              <th scope="col">Branch</th>
              <th scope="col">Path</th>
              <th scope="col">What it would do</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item, index) => (
              <tr key={item.record ?? index} className={chosen === index ? "chosen" : ""}>
                <th scope="row">
                  <button
                    type="button"
                    className="as-link"
                    aria-pressed={chosen === index}
                    onClick={() => store.setState({ candidate: chosen === index ? null : index })}
                  >
                    {item.record ?? "no record"}
                  </button>
                </th>
                <td>{item.branch || "–"}</td>
                <td>{item.path.map((step) => named(step.node)).join(" → ")}</td>
                <td>
                  <Effects item={item} named={named} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function NoCandidate({ test }: { test: RunTest }) {
  const { outcome, reason } = test.decision;
  return (
    <p>
      No record is a candidate{outcome === "matched" ? "" : `: ${outcome.replaceAll("_", " ")}`}.{" "}
      <span className="note">{Object.keys(reason).length > 0 && JSON.stringify(reason)}</span>
    </p>
  );
}

function Effects({ item, named }: { item: Candidate; named: (id: string) => string }) {
  if (item.actions.length === 0) return <span className="note">nothing</span>;
  return (
    <ul className="effects">
      {item.actions.map((action) => (
        <li key={action.node}>
          <span>{named(action.node)}</span>
          {!action.allowed && <span className="error">not allowed for whom it runs as</span>}
          {action.changes.map((change) => (
            <span key={change.field} className="change">
              {change.field} <del>{shown(change.before)}</del> → <ins>{shown(change.after)}</ins>
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
