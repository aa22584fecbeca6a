import { useCallback, useState } from "react";
import type { Frame, Run, Workflow } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import type { GraphDocument } from "../graph/document";
import { GraphSection } from "../graph/GraphSection";
import { mergeRuns } from "../live/state";
import { useLive } from "../live/useLive";
import { LiveChip, ModeChip, StatusMark } from "../ui/chips";
import { dateTime, duration, runName } from "../ui/format";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { useNow } from "../ui/useNow";

export function WorkflowPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [workflow, runs] = await Promise.all([api.workflow(id, signal), api.runsOf(id, signal)]);
      const graph = await api.graph(id, workflow.active_version, signal);
      return { workflow, runs: runs.results, graph };
    },
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  if (loaded.state === "ready") return <Ready {...loaded.value} />;
  return (
    <>
      <Heading title="Workflow" />
      <Show loaded={loaded} again={again}>
        {() => null}
      </Show>
    </>
  );
}

function Ready({ workflow, runs: first, graph }: { workflow: Workflow; runs: Run[]; graph: GraphDocument }) {
  const { api, home } = useSite();
  const [runs, setRuns] = useState(first);
  const refetch = async () => {
    const page = await api.runsOf(workflow.id);
    setRuns((known) => mergeRuns(known, page.results));
    return page.results[0]?.id ?? 0;
  };
  const onFrame = (frame: Frame) => {
    if (frame.type === "reset") void refetch();
    else if ("runs" in frame) setRuns((known) => mergeRuns(known, frame.runs ?? []));
  };
  const live = useLive({
    path: `ws/workflows/${workflow.id}/`,
    home,
    after: first[0]?.id ?? 0,
    onFrame,
    poll: refetch,
  });
  const now = useNow(runs.some((run) => run.finished_at === null));

  return (
    <>
      <p className="trail">
        <Link to="">Workflows</Link>
      </p>
      <Heading title={workflow.name}>
        {workflow.active_version === null ? (
          <span className="chip">Draft</span>
        ) : (
          <ModeChip mode={workflow.mode} />
        )}
        {workflow.active_version !== null && <span className="chip">v{workflow.active_version}</span>}
        {workflow.paused_at !== null && <span className="chip paused">Paused</span>}
        <LiveChip state={live} />
      </Heading>
      {workflow.paused_at !== null && workflow.pause_reason !== "" && <p>Paused: {workflow.pause_reason}</p>}
      {workflow.description !== "" && <p>{workflow.description}</p>}
      <GraphSection document={graph} />
      <section aria-labelledby="runs">
        <h2 id="runs">Runs</h2>
        {runs.length === 0 ? (
          <p className="note">Nothing has started this workflow yet.</p>
        ) : (
          <div className="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col">Status</th>
                  <th scope="col">Record</th>
                  <th scope="col">Mode</th>
                  <th scope="col">Version</th>
                  <th scope="col">Created</th>
                  <th scope="col">Took</th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <tr key={run.id}>
                    <th scope="row">
                      <Link to={`runs/${run.id}/`}>{runName(run.id)}</Link>
                    </th>
                    <td>
                      <StatusMark status={run.status} />
                    </td>
                    <td>{run.record || "–"}</td>
                    <td>
                      <ModeChip mode={run.mode} />
                    </td>
                    <td>v{run.version}</td>
                    <td className="number">{dateTime(run.created_at)}</td>
                    <td className="number">{duration(run.started_at, run.finished_at, now)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}
