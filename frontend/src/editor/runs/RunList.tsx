import { useState } from "react";
import type { Run } from "../../api/runTypes";
import { LiveChip, StatusMark } from "../../ui/chips";
import { ago, dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import { useNow } from "../../ui/useNow";
import { useWorld } from "../world";
import { useNews } from "./news";
import { useRunsMode } from "./useRunsMode";

interface Props {
  runs: Run[];
  /** The id of the run that is shown. */
  shown: number | null;
}

/** The newest runs, as they come and end; a new one slides in at the top. */
export function RunList({ runs, shown }: Props) {
  const { workflow } = useWorld();
  const { live } = useNews();
  const { run: chosen, showRun } = useRunsMode();
  const now = useNow(true);
  const newest = runs[0]?.id ?? 0;
  const [first] = useState(newest);
  return (
    <nav className="runs-list" aria-label="Last runs">
      <div className="runs-list-head">
        <h2>Last runs</h2>
        <LiveChip state={live} />
        <label>
          <input
            type="checkbox"
            checked={chosen === null}
            disabled={runs.length === 0}
            onChange={(event) => showRun(event.target.checked ? null : shown)}
          />
          Follow newest
        </label>
      </div>
      <ol>
        {runs.map((run) => (
          <li key={run.id} className={run.id > first ? "fresh" : ""}>
            <button
              type="button"
              aria-current={run.id === shown}
              onClick={() => showRun(chosen === null && run.id === newest ? null : run.id)}
            >
              <StatusMark status={run.status} />
              <span className="runs-record">{run.record || "no record"}</span>
              <RunTime run={run} now={now} />
            </button>
          </li>
        ))}
      </ol>
      <p>
        <Link to={`workflows/${workflow.id}/runs/`}>All runs</Link>
      </p>
    </nav>
  );
}

function RunTime({ run, now }: { run: Run; now: number }) {
  const at = run.started_at ?? run.created_at;
  if (at === null) return null;
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at, now)}
    </time>
  );
}
