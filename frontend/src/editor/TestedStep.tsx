import { shown } from "../ui/format";
import { useSlice } from "./store";

/** What the test found for one step, on the path of the candidate that is looked at. */
export function TestedStep({ node }: { node: string }) {
  const test = useSlice((state) => state.test);
  const chosen = useSlice((state) => state.candidate);
  const candidate = chosen === null ? undefined : test?.candidates.items[chosen];
  if (test === null || candidate === undefined) return null;
  const step = candidate.path.find((one) => one.node === node);
  const action = candidate.actions.find((one) => one.node === node);
  const lines = test.logs.filter((line) => line.node === node && line.record === candidate.record);
  return (
    <section className="inspector-more tested-step" aria-label="In the test">
      <h3>
        In the test of {candidate.record ?? "this event"} <em className="sample-tag">sample</em>
      </h3>
      {step === undefined && <p className="note">The path does not come here.</p>}
      {step !== undefined && step.branches.length > 0 && <p>It takes “{step.branches.join("” and “")}”.</p>}
      {lines.map((line) => (
        <p key={line.seq}>
          {line.message}
          {seen(line.data)}
        </p>
      ))}
      {action !== undefined && action.changes.length > 0 && (
        <ul className="plain">
          {action.changes.map((change) => (
            <li key={change.field} className="change">
              {change.field} <del>{shown(change.before)}</del> → <ins>{shown(change.after)}</ins>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The values that a condition looked at. */
function seen(data: unknown): string {
  if (typeof data !== "object" || data === null || !("saw" in data)) return "";
  const { saw } = data;
  if (typeof saw !== "object" || saw === null) return "";
  const values = Object.entries(saw).map(([name, value]) => `${name} is ${shown(value)}`);
  return values.length === 0 ? "" : ` It saw: ${values.join(", ")}.`;
}
