import { useState } from "react";
import { query } from "../api/client";
import type { DataRecord } from "../api/types";
import { useSite } from "../app/context";
import { PickDialog } from "./PickDialog";
import { useEditor, useSlice } from "./store";
import { moduleOf, useWorld } from "./world";

/** The record that previews and tests look at; without one a test looks at all live records. */
export function SampleBar() {
  const { api } = useSite();
  const { store } = useEditor();
  const { modules } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const sample = useSlice((state) => state.sample);
  const [rows, setRows] = useState<DataRecord[] | null>(null);
  const module = moduleOf(drawing, modules);
  if (module === null) return null;
  const open = () => {
    api.records(module.key, query({ limit: 100 })).then(
      (page) => setRows(page.results),
      () => setRows([]),
    );
  };
  return (
    <div className="sample-bar">
      <span className="note">Sample:</span>
      <button type="button" onClick={open}>
        {sample === null ? "all live records" : sample}
      </button>
      {sample !== null && (
        <button type="button" onClick={() => store.setState({ sample: null, test: null, candidate: null })}>
          Test all
        </button>
      )}
      {rows !== null && (
        <PickDialog
          title={`Choose a record of ${module.name}`}
          options={rows.map((row) => ({ id: row.key, label: row.title, group: row.key }))}
          empty="None of the newest 100 records fits."
          onPick={(key) => store.setState({ sample: key, test: null, candidate: null })}
          onClose={() => setRows(null)}
        />
      )}
    </div>
  );
}
