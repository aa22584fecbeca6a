import { useCallback, useState } from "react";
import type { Frame, Run } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { mergeRuns } from "../live/state";
import { useLive } from "../live/useLive";
import { LiveChip, ModeChip, StatusMark } from "../ui/chips";
import { duration } from "../ui/format";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { useWorld } from "./world";

/** The newest runs, as they come and end. */
export function LastRuns() {
  const { api } = useSite();
  const { workflow } = useWorld();
  const load = useCallback((signal: AbortSignal) => api.runsOf(workflow.id, signal), [api, workflow.id]);
  const [loaded, again] = useLoad(load);
  return (
    <Show loaded={loaded} again={again}>
      {(page) => <Live first={page.results} />}
    </Show>
  );
}

function Live({ first }: { first: Run[] }) {
  const { api, home } = useSite();
  const { workflow } = useWorld();
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
  const after = first[0]?.id ?? 0;
  const live = useLive({ path: `ws/workflows/${workflow.id}/`, home, after, onFrame, poll: refetch });
  const now = useNow(runs.some((run) => run.finished_at === null));
  return (
    <>
      <p>
        <LiveChip state={live} /> <Link to={`workflows/${workflow.id}/runs/`}>All runs</Link>
      </p>
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
                <th scope="col">Took</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.id}>
                  <th scope="row">
                    <Link to={`runs/${run.id}/`}>{run.id}</Link>
                  </th>
                  <td>
                    <StatusMark status={run.status} />
                  </td>
                  <td>{run.record || "–"}</td>
                  <td>
                    <ModeChip mode={run.mode} />
                  </td>
                  <td>v{run.version}</td>
                  <td className="number">{duration(run.started_at, run.finished_at, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
