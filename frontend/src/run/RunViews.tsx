import { useCallback, useMemo } from "react";
import type { LogEntry, Run, RunDetail, Step } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import type { GraphDocument } from "../graph/document";
import { GraphSection } from "../graph/GraphSection";
import type { LiveState } from "../live/socket";
import { Show } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { Unknowns } from "../unknowns/Unknowns";
import { FailureNote } from "./FailureNote";
import { Head } from "./Head";
import { LogView } from "./LogView";
import { RunData } from "./RunData";
import { rowsOf } from "./rows";
import { StepDetails } from "./StepDetails";
import { Tabs } from "./Tabs";
import { Timeline } from "./Timeline";
import { useChoice } from "./useChoice";

const UNDRAWN: GraphDocument = { nodes: [], edges: [] };

interface Known {
  run: Run;
  steps: Step[];
  entries: LogEntry[];
  live: LiveState;
  refresh: () => void;
}

export function RunViews({ run, steps, entries, live, refresh }: Known) {
  const { api } = useSite();
  const { id, version } = run;
  const workflow = run.workflow.id;
  const [graph, againGraph] = useLoad(
    useCallback((signal) => api.graph(workflow, version, signal), [api, workflow, version]),
  );
  const [detail, againDetail] = useLoad(
    useCallback((signal) => api.get<RunDetail>(`runs/${id}/`, signal), [api, id]),
  );
  const { view, step, line, showView, select } = useChoice();
  const now = useNow(run.finished_at === null);
  // Without its drawing a run still shows what it did, by the ids of its steps.
  const document = graph.state === "ready" ? graph.value : UNDRAWN;
  const rows = useMemo(() => rowsOf(document, steps, entries), [document, steps, entries]);
  // A failed run opens where it failed.
  const selected = rows.find((row) => row.node === (step || run.failure.node));

  return (
    <>
      <Head
        run={run}
        detail={detail.state === "ready" ? detail.value : null}
        rows={rows}
        now={now}
        live={live}
        refresh={refresh}
      />
      {steps.some(({ wait }) => wait?.kind === "needs_review") && (
        <Unknowns of={{ run: id }} newest={run.last_seq} onAnswered={refresh} />
      )}
      <FailureNote run={run} rows={rows} select={select} />
      <Tabs view={view} show={showView}>
        {view === "graph" && (
          <Show loaded={graph} again={againGraph}>
            {(drawn) => (
              <GraphSection
                document={drawn}
                steps={steps}
                now={now}
                selected={selected?.node ?? ""}
                onSelect={select}
              />
            )}
          </Show>
        )}
        {view === "timeline" && (
          <Timeline run={run} rows={rows} now={now} selected={selected?.node ?? ""} select={select} />
        )}
        {view === "log" && <LogView entries={entries} rows={rows} step={step} line={line} select={select} />}
        {view === "data" && (
          <Show loaded={detail} again={againDetail}>
            {(told) => <RunData run={run} detail={told} rows={rows} step={step} select={select} />}
          </Show>
        )}
        {(view === "graph" || view === "timeline") && <StepDetails row={selected} now={now} run={run.id} />}
      </Tabs>
    </>
  );
}
