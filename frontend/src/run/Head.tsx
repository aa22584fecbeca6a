import type { Run, RunDetail } from "../api/runTypes";
import type { LiveState } from "../live/socket";
import { hasEnded } from "../live/state";
import { CopyButton } from "../ui/CopyButton";
import { LiveChip, ModeChip, StatusMark } from "../ui/chips";
import { dateTime, duration } from "../ui/format";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { CancelButton } from "./CancelButton";
import { Calls, CameBy } from "./Related";
import { RetryButton } from "./RetryButton";
import type { StepRow } from "./rows";
import { UndoButton } from "./UndoButton";

interface Shown {
  run: Run;
  /** null while it is being loaded. */
  detail: RunDetail | null;
  rows: StepRow[];
  now: number;
  live: LiveState;
  refresh: () => void;
}

export function Head({ run, detail, rows, now, live, refresh }: Shown) {
  const waiting = rows.filter(({ step }) => step?.status === "waiting");
  return (
    <>
      <p className="trail">
        <Link to="workflows/">Workflows</Link> ›{" "}
        <Link to={`workflows/${run.workflow.id}/`}>{run.workflow.name}</Link> ›{" "}
        <Link to={`workflows/${run.workflow.id}/versions/`}>v{run.version}</Link>
      </p>
      <Heading title={`Run ${run.id}`}>
        <span aria-live="polite">
          <StatusMark status={run.status} />
        </span>
        <ModeChip mode={run.mode} />
        {run.inconclusive && <span className="chip">Inconclusive</span>}
        <LiveChip state={live} />
        <span className="run-buttons">
          <CopyButton text={location.href} label="Copy link" />
          {!hasEnded(run.status) && <CancelButton run={run} cancelled={refresh} />}
          {(run.status === "failed" || run.status === "cancelled") && (
            <RetryButton run={run} input={detail?.input ?? null} refresh={refresh} />
          )}
          {hasEnded(run.status) && run.mode === "execute" && <UndoButton run={run} undone={refresh} />}
        </span>
      </Heading>
      <p className="run-times">
        {run.started_at === null ? (
          `Queued since ${dateTime(run.created_at)}${run.waits_for_place ? ", without a place" : ""}`
        ) : (
          <>
            {dateTime(run.started_at)} → {run.finished_at === null ? "now" : dateTime(run.finished_at)} (
            {duration(run.started_at, run.finished_at, now)})
          </>
        )}
        {waiting.map((row) => (
          <span key={row.node}>
            {" "}
            · waits at “{row.title}”{row.step?.wait?.until && ` until ${dateTime(row.step.wait.until)}`}
          </span>
        ))}
      </p>
      {run.waits_for_place && detail?.place?.waits && (
        <p className="run-cause note">
          {detail.place.sentence}{" "}
          <Link to={`workflows/${run.workflow.id}/runs/?place=waits`}>All that wait for a place</Link>
        </p>
      )}
      {detail?.standstill && (
        <p className="run-cause note">
          {detail.standstill.sentence} <Link to="alerts/">Standstills</Link>
        </p>
      )}
      <Cause detail={detail} rows={rows} />
      <Retries run={run} />
      {detail?.fingerprint && (
        <p className="run-cause note">
          <Link to={`dead-letters/${detail.fingerprint}/`}>All dead letters of this cause</Link>
        </p>
      )}
    </>
  );
}

/** The runs that this one goes on with, and that goes on with it. */
function Retries({ run }: { run: Run }) {
  if (run.retry_of === null && run.retried_as === null) return null;
  return (
    <p className="run-cause note">
      {run.retry_of !== null && (
        <>
          Retry of <Link to={`runs/${run.retry_of}/`}>run {run.retry_of}</Link>
        </>
      )}
      {run.retry_of !== null && run.retried_as !== null && " · "}
      {run.retried_as !== null && (
        <>
          Retried as <Link to={`runs/${run.retried_as}/`}>run {run.retried_as}</Link>
        </>
      )}
    </p>
  );
}

/** Why the run began, in one line. */
function Cause({ detail, rows }: { detail: RunDetail | null; rows: StepRow[] }) {
  if (detail === null) return <p className="run-cause note">Cause: loading…</p>;
  const trigger = rows.find((row) => row.node === detail.trigger_node);
  return (
    <p className="run-cause note">
      Cause: “{trigger?.title ?? detail.trigger_node}”
      {detail.event !== null && (
        <>
          {" "}
          took <Link to={`events/${detail.event}/`}>event {detail.event}</Link>
          <CameBy related={detail.related} />
        </>
      )}
      {detail.record !== "" && detail.module !== null && (
        <>
          {" "}
          about{" "}
          <Link to={`records/${detail.module}/${encodeURIComponent(detail.record)}/`}>
            {detail.module} {detail.record}
          </Link>
        </>
      )}
      {detail.actor !== null && `, by ${detail.actor}`}
      {detail.parent !== null && (
        <>
          , for <Link to={`runs/${detail.parent}/`}>run {detail.parent}</Link>
        </>
      )}
      .<Calls related={detail.related} />
    </p>
  );
}
