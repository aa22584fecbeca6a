import { useCallback } from "react";
import type { Run, Workflow } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { ModeChip, StatusDot } from "../ui/chips";
import { dateTime } from "../ui/format";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";

const SHOWN_RUNS = 10;

export function WorkflowListPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [workflows, runs] = await Promise.all([api.workflows(signal), api.runs(signal)]);
      return { workflows: workflows.results, runs: byWorkflow(runs.results) };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <Heading title="Workflows">
        <Link to="workflows/new/">New workflow</Link>
      </Heading>
      <Show loaded={loaded} again={again}>
        {({ workflows, runs }) =>
          workflows.length === 0 ? (
            <p className="note">No workflow is shared with you yet.</p>
          ) : (
            <div className="scroll">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Module</th>
                    <th scope="col">Mode</th>
                    <th scope="col">Last runs</th>
                    <th scope="col">Last run</th>
                  </tr>
                </thead>
                <tbody>
                  {workflows.map((workflow) => (
                    <Row key={workflow.id} workflow={workflow} runs={runs.get(workflow.id) ?? []} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Show>
    </>
  );
}

function Row({ workflow, runs }: { workflow: Workflow; runs: Run[] }) {
  return (
    <tr>
      <th scope="row">
        <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>
        {workflow.paused_at !== null && <span className="chip paused">Paused</span>}
      </th>
      <td>{workflow.module ?? "–"}</td>
      <td>{workflow.active_version === null ? "Draft" : <ModeChip mode={workflow.mode} />}</td>
      <td>
        {runs.length === 0 ? (
          "–"
        ) : (
          <ul className="dots" aria-label="Last runs, newest first">
            {runs.slice(0, SHOWN_RUNS).map((run) => (
              <li key={run.id}>
                <StatusDot status={run.status} />
              </li>
            ))}
          </ul>
        )}
      </td>
      <td className="number">{dateTime(runs[0]?.created_at ?? null)}</td>
    </tr>
  );
}

function byWorkflow(runs: Run[]): Map<number, Run[]> {
  const found = new Map<number, Run[]>();
  for (const run of runs) found.set(run.workflow.id, [...(found.get(run.workflow.id) ?? []), run]);
  return found;
}
