import type { PlannedStep } from "../api/approvalTypes";
import { shown } from "../ui/format";

/** Every change that would follow, field by field, and what else would be done. */
export function PlanTable({ plan }: { plan: PlannedStep[] | null }) {
  if (plan === null) {
    return (
      <p className="note">You may not see values of this workflow’s records. Its owner can share them.</p>
    );
  }
  if (plan.length === 0) return <p className="note">Nothing further would be done.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard.
    <section className="scroll" aria-label="What would follow" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Record</th>
            <th scope="col">Field</th>
            <th scope="col">Now</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          {plan.flatMap((step) =>
            step.changes.length > 0 ? (
              step.changes.map((change) => (
                <tr key={`${step.node} ${change.record} ${change.field}`}>
                  <th scope="row">{step.title}</th>
                  <td>{change.record}</td>
                  <td>{change.field}</td>
                  <td className="wide">
                    <del>{shown(change.before)}</del>
                  </td>
                  <td className="wide">
                    <ins>{shown(change.after)}</ins>
                  </td>
                </tr>
              ))
            ) : (
              <tr key={step.node}>
                <th scope="row">{step.title}</th>
                <td className="wide" colSpan={4}>
                  {step.preview}
                  {!step.allowed && (
                    <span className="error"> Not allowed for whom the workflow runs as.</span>
                  )}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </section>
  );
}
