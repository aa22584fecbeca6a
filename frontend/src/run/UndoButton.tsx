import { useCallback, useState } from "react";
import type { Run } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { UndoDialog } from "./UndoDialog";

/** For those who may take back what a run has done: shows exactly what would go back, then does it. */
export function UndoButton({ run, undone }: { run: Run; undone: () => void }) {
  const { api } = useSite();
  const { id } = run.workflow;
  const [workflow] = useLoad(useCallback((signal) => api.workflow(id, signal), [api, id]));
  const [open, setOpen] = useState(false);
  if (workflow.state !== "ready") return null;
  const { rights } = workflow.value;
  if (!rights.includes("retry") || !rights.includes("view_payloads")) return null;
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Undo…
      </button>
      {open && <UndoDialog run={run} undone={undone} close={() => setOpen(false)} />}
    </>
  );
}
