import type { ModuleDetail } from "../api/recordTypes";
import { Link, recordTo } from "../ui/Link";
import type { Affected, BranchShift, Impact, Shift } from "./types";

/** What a wording would change, live record by live record: by itself, and in each branch of those who use it. */
export function ImpactTable({ impact, module }: { impact: Impact; module: ModuleDetail }) {
  const { policy, workflows, total, hidden } = impact;
  const rows = workflows.flatMap((entry) =>
    entry.branches.map((branch) => ({
      entry,
      branch,
      id: `${branch.trigger} ${branch.node} ${branch.branch}`,
    })),
  );
  const assumed = rows.some(({ branch }) => branch.assumed);
  return (
    <div role="status">
      <p>
        {policy.why !== ""
          ? policy.why
          : `By itself it takes ${policy.after} of ${total} ${module.name.toLowerCase()}; now it takes ${policy.before}.`}
        {workflows.length === 0 && hidden === 0 && " No workflow uses it."}
      </p>
      {workflows.map(
        (entry) =>
          entry.why !== "" && (
            <p key={`${entry.workflow} ${entry.version}`} className="note">
              {whoOf(entry)}: {entry.why}
            </p>
          ),
      )}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard.
        <section className="scroll" aria-label="Impact on workflows" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Workflow</th>
                <th scope="col">Where</th>
                <th scope="col">Selected now</th>
                <th scope="col">Then</th>
                <th scope="col">Newly selected</th>
                <th scope="col">No longer selected</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ entry, branch, id }) => (
                <tr key={`${entry.workflow} ${entry.version} ${id}`}>
                  <th scope="row">
                    <Link to={`workflows/${entry.workflow}/`}>{whoOf(entry)}</Link>
                  </th>
                  <td>{whereOf(branch)}</td>
                  <Counts shift={branch} module={module.key} />
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {hidden > 0 && (
        <p className="note">
          {hidden === 1
            ? "One workflow that you may not see uses"
            : `${hidden} workflows that you may not see use`}{" "}
          it too; what changes there is not shown.
        </p>
      )}
      {assumed && <p className="note">Operators that look at an event’s change were taken for true.</p>}
      {rows.some(({ entry }) => entry.version !== null) && (
        <p className="note">
          A live version keeps the revision that it was published with: its rows show what publishing the
          workflow anew would change.
        </p>
      )}
    </div>
  );
}

function Counts({ shift, module }: { shift: Shift; module: string }) {
  if (shift.why !== "") {
    return (
      <td colSpan={4} className="wide note">
        Not known: {shift.why}
      </td>
    );
  }
  return (
    <>
      <td className="number">{shift.before}</td>
      <td className="number">{shift.after}</td>
      <td className="wide">
        +{shift.gained} <Records keys={shift.first_gained} count={shift.gained ?? 0} module={module} />
      </td>
      <td className="wide">
        −{shift.lost} <Records keys={shift.first_lost} count={shift.lost ?? 0} module={module} />
      </td>
    </>
  );
}

function Records({ keys, count, module }: { keys: string[]; count: number; module: string }) {
  return (
    <>
      {keys.map((key, index) => (
        <span key={key}>
          {index > 0 && ", "}
          <Link to={recordTo(module, key)}>{key}</Link>
        </span>
      ))}
      {count > keys.length && keys.length > 0 && " …"}
    </>
  );
}

function whoOf({ name, version }: Affected): string {
  return version === null ? `${name}, draft` : `${name}, version ${version}`;
}

function whereOf({ title, branch }: BranchShift): string {
  return branch === "" ? title : `${title}: ${branch}`;
}
