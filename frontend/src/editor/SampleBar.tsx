import { useState } from "react";
import { query } from "../api/client";
import type { AcceptedEvent, DataRecord } from "../api/recordTypes";
import type { Run, RunDetail } from "../api/runTypes";
import type { Page } from "../api/types";
import { useSite } from "../app/context";
import { dateTime } from "../ui/format";
import { type Option, PickDialog } from "../ui/PickDialog";
import { PasteDialog } from "./PasteDialog";
import { type Sample, sampleOf, sampleWord } from "./sample";
import { kindWord, type Scenario } from "./scenarios/scenarios";
import { useEditor, useSlice } from "./store";
import { moduleOf, useWorld } from "./world";

type Source = "record" | "event" | "run" | "scenario" | "paste";
const WEEK_MS = 7 * 86_400_000;

/** What previews and tests look at: a record, an event, what a run had, or pasted data; else all live records. */
export function SampleBar() {
  const { store } = useEditor();
  const { modules } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const sample = useSlice((state) => state.sample);
  const [source, setSource] = useState<Source | null>(null);
  const module = moduleOf(drawing, modules);
  const take = (taken: Sample | null) => store.setState({ sample: taken, test: null, candidate: null });
  const close = () => setSource(null);
  return (
    <div className="sample-bar">
      <label className="note" htmlFor="sample">
        Sample:
      </label>
      <select
        id="sample"
        value=""
        onChange={(event) => {
          if (event.target.value === "all") take(null);
          else setSource(event.target.value as Source);
        }}
      >
        <option value="" hidden>
          {sampleWord(sample)}
        </option>
        {module !== null && <option value="all">all live records</option>}
        {module !== null && <option value="record">a record…</option>}
        <option value="event">an event of the last 7 days…</option>
        <option value="run">what a past run had…</option>
        <option value="scenario">a scenario…</option>
        <option value="paste">pasted JSON…</option>
      </select>
      {sample !== null && <em className="sample-tag">sample</em>}
      {source === "record" && module !== null && (
        <Records module={module.key} onTake={take} onClose={close} />
      )}
      {source === "event" && <Events module={module?.key} onTake={take} onClose={close} />}
      {source === "run" && <Runs onTake={take} onClose={close} />}
      {source === "scenario" && <ScenarioSamples onTake={take} onClose={close} />}
      {source === "paste" && <PasteDialog onTake={take} onClose={close} />}
    </div>
  );
}

interface Choosing {
  onTake: (sample: Sample) => void;
  onClose: () => void;
}

/** The newest records; what is typed is also taken for a key, so that every record can be reached. */
function Records({ module, onTake, onClose }: Choosing & { module: string }) {
  const { api } = useSite();
  const rows = useRows<DataRecord>(() => api.records(module, query({ limit: 100 })));
  if (rows === null) return null;
  return (
    <PickDialog
      title="Choose a record"
      options={rows.map((row) => ({ id: row.key, label: row.title, group: row.key }))}
      typed={(key) => `Take the record “${key}”`}
      onPick={(record) => onTake({ kind: "record", record })}
      onClose={onClose}
    />
  );
}

function Events({ module, onTake, onClose }: Choosing & { module: string | undefined }) {
  const { api } = useSite();
  const since = new Date(Date.now() - WEEK_MS).toISOString();
  const rows = useRows<AcceptedEvent>(() =>
    api.list(`events/${query({ module, occurred_after: since, limit: 100 })}`),
  );
  if (rows === null) return null;
  const options = rows.map(
    (row): Option => ({
      id: String(row.id),
      label: `${row.type} ${row.record}`,
      detail: dateTime(row.occurred_at),
      group: `event ${row.id}`,
    }),
  );
  return (
    <PickDialog
      title="Choose an event"
      options={options}
      empty="Nothing has happened in the last 7 days."
      onPick={(id) => {
        const row = rows.find((one) => String(one.id) === id);
        onTake({ kind: "event", id: Number(id), record: row?.record ?? "" });
      }}
      onClose={onClose}
    />
  );
}

function Runs({ onTake, onClose }: Choosing) {
  const { api } = useSite();
  const { workflow } = useWorld();
  const rows = useRows<Run>(() => api.runsOf(workflow.id));
  if (rows === null) return null;
  return (
    <PickDialog
      title="Choose a past run"
      options={rows.map((run) => ({
        id: String(run.id),
        label: `Run ${run.id} ${run.record}`,
        detail: `${run.status}, version ${run.version}`,
      }))}
      empty="Nothing has started this workflow yet."
      onPick={(id) => {
        api.get<RunDetail>(`runs/${id}/`).then(
          (run) => onTake(sampleOf(run)),
          () => undefined, // it stays what it was
        );
      }}
      onClose={onClose}
    />
  );
}

function ScenarioSamples({ onTake, onClose }: Choosing) {
  const { api } = useSite();
  const { workflow } = useWorld();
  const rows = useRows<Scenario>(() => api.list(`workflows/${workflow.id}/scenarios/`));
  if (rows === null) return null;
  return (
    <PickDialog
      title="Choose a scenario"
      options={rows.map((row) => ({ id: String(row.id), label: row.name, detail: kindWord(row.kind) }))}
      empty="Nothing was saved as a scenario yet."
      onPick={(id) => {
        const row = rows.find((one) => String(one.id) === id);
        if (row !== undefined) onTake({ kind: "scenario", id: row.id, name: row.name });
      }}
      onClose={onClose}
    />
  );
}

/** The rows of a page, asked for once; none where they can't be had. */
function useRows<Row>(ask: () => Promise<Page<Row>>): Row[] | null {
  const [rows, setRows] = useState<Row[] | null>(null);
  const [asked, setAsked] = useState(false);
  if (!asked) {
    setAsked(true);
    ask().then(
      (page) => setRows(page.results),
      () => setRows([]),
    );
  }
  return rows;
}
