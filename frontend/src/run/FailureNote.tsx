import { useCallback } from "react";
import type { Run } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import type { Diagnosis } from "../diagnosis/types";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import type { StepRow } from "./rows";

interface Shown {
  run: Run;
  rows: StepRow[];
  select: (node: string) => void;
}

/** Why a run failed or was cancelled, before anything else; with what to do where somebody has to do something. */
export function FailureNote({ run, rows, select }: Shown) {
  const { message, node, link = "" } = run.failure;
  if (!message) return null;
  if (run.status === "cancelled") return <p className="note">Cancelled: {message}</p>;
  const row = rows.find((one) => one.node === node);
  const beside = [`runs/${run.id}/`, `workflows/${run.workflow.id}/`, "diagnosis/"]; // those are led to anyway
  const elsewhere = beside.some((one) => link.startsWith(one)) ? "" : link;
  return (
    <div className="problem">
      <p>
        <strong>{row === undefined ? "The run failed" : `“${row.title}” failed`}:</strong> {message}
      </p>
      <p>
        {run.retried_as === null
          ? whatToDo(run, row?.step?.attempt ?? 0)
          : `It was retried as run ${run.retried_as}.`}{" "}
        {row !== undefined && (
          <button type="button" className="run-inline" onClick={() => select(row.node)}>
            Show the step
          </button>
        )}{" "}
        {elsewhere && <Link to={elsewhere}>Look there</Link>}{" "}
        {run.failure.fault !== "engine" && (
          <Link to={`workflows/${run.workflow.id}/`}>Open {run.workflow.name}</Link>
        )}
      </p>
      <SinceWhen run={run} />
    </div>
  );
}

/** Since when, how often, whose it is; the place stays as high while it is loaded. */
function SinceWhen({ run }: { run: Run }) {
  const { api } = useSite();
  const [loaded] = useLoad(
    useCallback(
      (signal: AbortSignal) => api.get<Diagnosis>(`runs/${run.id}/diagnosis/`, signal),
      [api, run.id],
    ),
  );
  const { since, owner } = loaded.state === "ready" ? loaded.value : { since: null, owner: null };
  return (
    <p>
      <Link to={`diagnosis/${run.workflow.id}/?run=${run.id}`}>Diagnosis</Link>
      {since?.moment != null && (
        <>
          {" "}
          · since <Ago at={since.moment} />
        </>
      )}
      {since?.runs != null && ` in ${since.runs} ${since.runs === 1 ? "run" : "runs"}`}
      {since?.first_version != null && ` · first seen with v${since.first_version}`}
      {owner?.name != null && ` · owner ${owner.name}`}
    </p>
  );
}

function whatToDo(run: Run, attempts: number): string {
  if (run.failure.fault === "engine") {
    return `This is a fault of Automations, not of the workflow: tell an admin “${run.failure_code}” and run ${run.id}.`;
  }
  if (run.failure.retryable) {
    return `It was tried ${attempts === 1 ? "once" : `${attempts} times`}. See that what it needs works again, then retry the run.`;
  }
  return run.failure.what_to_do || "Mend the step, or the record that it works on, then retry the run.";
}
