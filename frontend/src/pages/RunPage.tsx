import { useCallback, useState } from "react";
import { ApiError, itemsOf } from "../api/client";
import type { Frame, LogEntry, Run, Step } from "../api/types";
import { useSite } from "../app/context";
import { toSignIn, useLoad } from "../app/useLoad";
import { GraphSection } from "../graph/GraphSection";
import { FORBIDDEN, SIGNED_OUT } from "../live/socket";
import { addNews, EMPTY_RUN, type RunState } from "../live/state";
import { useLive } from "../live/useLive";
import { LiveChip, ModeChip, StatusMark } from "../ui/chips";
import { dateTime, duration, runName } from "../ui/format";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { LogView } from "./LogView";

export function RunPage({ id }: { id: number }) {
  const { api, home, signIn } = useSite();
  const [state, setState] = useState<RunState>(EMPTY_RUN);
  const [trouble, setTrouble] = useState("");

  const fetchAfter = async (after: number) => {
    try {
      const [run, steps, first] = await Promise.all([api.run(id), api.steps(id), api.logs(id, after)]);
      const entries: LogEntry[] = [...itemsOf(first)];
      let cursor = after;
      // Whole pages until nothing new comes.
      for (let page = entries; page.length > 0; ) {
        cursor = page.at(-1)?.seq ?? cursor;
        if (cursor >= run.last_seq) break;
        page = itemsOf(await api.logs(id, cursor));
        entries.push(...page);
      }
      setState((known) => addNews(known, { run, steps: itemsOf(steps), entries }));
      setTrouble("");
      return cursor;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) toSignIn(signIn);
      setTrouble(error instanceof ApiError ? error.message : "The run could not be loaded.");
      throw error;
    }
  };

  const onFrame = (frame: Frame) => {
    setTrouble("");
    if (frame.type === "reset") {
      setState((known) => ({ ...known, entries: [] }));
      fetchAfter(0).catch(() => undefined);
    } else if (frame.type !== "end" && frame.type !== "pong") {
      setState((known) => addNews(known, frame));
    }
  };
  const live = useLive({ path: `ws/runs/${id}/`, home, after: 0, onFrame, poll: fetchAfter });
  const { run } = state;

  if (live.kind === "refused" && run === null) {
    return (
      <>
        <Heading title={`Run ${runName(id)}`} />
        <div className="problem" role="alert">
          {live.code === SIGNED_OUT && (
            <p>
              You are signed out. <a href={signIn}>Sign in</a> again.
            </p>
          )}
          {live.code === FORBIDDEN && <p>There is no such run, or its workflow isn’t shared with you.</p>}
        </div>
      </>
    );
  }
  return (
    <>
      {run !== null && (
        <p className="trail">
          <Link to="">Workflows</Link> › <Link to={`workflows/${run.workflow.id}/`}>{run.workflow.name}</Link>
        </p>
      )}
      <Heading title={`Run ${runName(id)}`}>
        {run !== null && <StatusMark status={run.status} />}
        {run !== null && <ModeChip mode={run.mode} />}
        <LiveChip state={live} />
      </Heading>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      {run === null ? <p className="note">Loading…</p> : <Facts run={run} />}
      {run !== null && <RunGraph run={run} steps={state.steps} />}
      {run !== null && <Steps steps={state.steps} />}
      {run !== null && <LogView entries={state.entries} />}
    </>
  );
}

/** The graph of the run's own version, lit up where the run is. */
function RunGraph({ run, steps }: { run: Run; steps: Step[] }) {
  const { api } = useSite();
  const { version } = run;
  const workflow = run.workflow.id;
  const load = useCallback(
    (signal: AbortSignal) => api.graph(workflow, version, signal),
    [api, workflow, version],
  );
  const [graph, again] = useLoad(load);
  return (
    <Show loaded={graph} again={again}>
      {(document) => <GraphSection document={document} steps={steps} />}
    </Show>
  );
}

function Facts({ run }: { run: Run }) {
  const now = useNow(run.finished_at === null);
  return (
    <>
      {run.failure.message && (
        <p className="problem">
          {run.failure.node && <code>{run.failure.node}</code>} {run.failure.message}
        </p>
      )}
      <dl className="facts">
        <div>
          <dt>Version</dt>
          <dd>v{run.version}</dd>
        </div>
        <div>
          <dt>Record</dt>
          <dd>{run.record || "–"}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>{dateTime(run.started_at)}</dd>
        </div>
        <div>
          <dt>Finished</dt>
          <dd>{dateTime(run.finished_at)}</dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>{duration(run.started_at, run.finished_at, now)}</dd>
        </div>
      </dl>
    </>
  );
}

function Steps({ steps }: { steps: Step[] }) {
  const now = useNow(steps.some((step) => step.started_at !== null && step.finished_at === null));
  return (
    <section aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      {steps.length === 0 ? (
        <p className="note">No step has begun.</p>
      ) : (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col">Kind</th>
                <th scope="col">Status</th>
                <th scope="col">Branch</th>
                <th scope="col">Attempts</th>
                <th scope="col">Took</th>
              </tr>
            </thead>
            <tbody>
              {steps.map((step) => (
                <tr key={step.node}>
                  <th scope="row">{step.node}</th>
                  <td>{step.kind}</td>
                  <td>
                    <StatusMark status={step.status} />
                    {step.wait !== null && ` for ${step.wait.kind}`}
                    {step.wait?.until && ` until ${dateTime(step.wait.until)}`}
                    {step.assumed && " (assumed)"}
                    {step.error?.message && <span className="error">{step.error.message}</span>}
                  </td>
                  <td>{step.branches.filter((branch) => branch !== "").join(", ") || "–"}</td>
                  <td className="number">{step.attempt || "–"}</td>
                  <td className="number">{duration(step.started_at, step.finished_at, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
