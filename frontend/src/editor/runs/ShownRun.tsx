import { useCallback, useMemo } from "react";
import type { Run, RunDetail } from "../../api/runTypes";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import type { GraphDocument } from "../../graph/document";
import { nodeOf } from "../../graph/operations";
import { StillGraph } from "../../graph/StillGraph";
import { newerRun, type RunState } from "../../live/state";
import { rowsOf } from "../../run/rows";
import { StepDetails } from "../../run/StepDetails";
import { Timeline } from "../../run/Timeline";
import { useRun } from "../../run/useRun";
import { ModeChip, StatusMark } from "../../ui/chips";
import { duration } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Show } from "../../ui/Page";
import { useNow } from "../../ui/useNow";
import { sampleOf } from "../sample";
import { useEditor } from "../store";
import { useView } from "../useView";
import { useWorld } from "../world";
import { useRunsMode } from "./useRunsMode";
import { useTraffic } from "./useTraffic";
import "../../run/run.css";

const UNDRAWN: GraphDocument = { nodes: [], edges: [] };

interface Props {
  id: number;
  /** As the list has it. */
  listed: Run | null;
  onFix: () => void;
}

export function ShownRun({ id, listed, onFix }: Props) {
  const { workflow } = useWorld();
  const { state, live, trouble } = useRun(id);
  const run = newerRun(listed, state.run);
  if (run === null) {
    return (
      <p className="note runs-none">
        {live.kind === "refused" ? "There is no such run." : trouble || "Loading…"}
      </p>
    );
  }
  if (run.workflow.id !== workflow.id) {
    return (
      <p className="note runs-none">
        <Link to={`runs/${id}/`}>Run {id}</Link> is of another workflow.
      </p>
    );
  }
  return <Drawn run={run} state={state} trouble={trouble} onFix={onFix} />;
}

interface DrawnProps {
  run: Run;
  state: RunState;
  trouble: string;
  onFix: () => void;
}

/** The run on the graph of its version, framed in the colour of its mode, and the chosen step beside it. */
function Drawn({ run, state, trouble, onFix }: DrawnProps) {
  const { api } = useSite();
  const { workflow, readOnly } = useWorld();
  const { view } = useView();
  const { step, select } = useRunsMode();
  const { version } = run;
  const [graph, again] = useLoad(
    useCallback((signal) => api.graph(workflow.id, version, signal), [api, workflow.id, version]),
  );
  const traffic = useTraffic(version);
  const now = useNow(run.finished_at === null);
  const document = graph.state === "ready" ? graph.value : UNDRAWN;
  const rows = useMemo(() => rowsOf(document, state.steps, state.entries), [document, state]);
  // A failed run opens where it failed.
  const selected = rows.find((row) => row.node === step) ?? rows.find((row) => row.node === run.failure.node);
  const node = selected?.node ?? "";
  return (
    <>
      <section className={`runs-frame of-${run.mode}`} aria-label={`Run ${run.id}`}>
        <div className="runs-head">
          <h2>Run {run.id}</h2>
          <span aria-live="polite">
            <StatusMark status={run.status} />
          </span>
          <ModeChip mode={run.mode} />
          <span className="note">
            v{version} · {run.record || "no record"} · {duration(run.started_at, run.finished_at, now)}
          </span>
          <Link to={`runs/${run.id}/`}>Log and data</Link>
        </div>
        {trouble !== "" && <p className="problem">{trouble}</p>}
        {run.failure.message && <p className="runs-failure">{run.failure.message}</p>}
        {view === "outline" ? (
          <Timeline run={run} rows={rows} now={now} selected={node} select={select} />
        ) : (
          <Show loaded={graph} again={again}>
            {(drawn) => (
              <StillGraph
                document={drawn}
                steps={state.steps}
                now={now}
                selected={node}
                onSelect={select}
                traffic={traffic}
              />
            )}
          </Show>
        )}
      </section>
      <div className="inspector">
        {selected !== undefined && !readOnly && <FixButton run={run} node={node} onFix={onFix} />}
        <StepDetails row={selected} now={now} run={run.id} />
      </div>
    </>
  );
}

/** Back to the draft, at this step, with what this run had as the sample. */
function FixButton({ run, node, onFix }: { run: Run; node: string; onFix: () => void }) {
  const { api } = useSite();
  const { store, actions } = useEditor();
  const { showDesign } = useRunsMode();
  const fix = () => {
    api.get<RunDetail>(`runs/${run.id}/`).then(
      (detail) => store.setState({ sample: sampleOf(detail), test: null, candidate: null }),
      () => undefined, // the sample stays what it was
    );
    const there = nodeOf(store.getState().history.drawing, node) !== undefined;
    actions.select(there ? [node] : []);
    if (!there) actions.say("The draft has this step no longer.");
    showDesign();
    onFix();
  };
  return (
    <button type="button" className="primary runs-fix" onClick={fix}>
      Fix this step
    </button>
  );
}
