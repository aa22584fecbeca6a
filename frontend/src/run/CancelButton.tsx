import { type FormEvent, useCallback, useRef, useState } from "react";
import { ApiError } from "../api/client";
import type { Run } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";

/** For those who may run the workflow: asks why, and ends the run. */
export function CancelButton({ run, cancelled }: { run: Run; cancelled: () => void }) {
  const { api } = useSite();
  const { id } = run.workflow;
  const [workflow] = useLoad(useCallback((signal) => api.workflow(id, signal), [api, id]));
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  const [sending, setSending] = useState(false);
  if (workflow.state !== "ready" || !workflow.value.rights.includes("run")) return null;

  const send = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    try {
      await api.send("POST", `runs/${run.id}/cancel/`, { reason });
      dialog.current?.close();
      cancelled();
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "The run could not be cancelled.");
    } finally {
      setSending(false);
    }
  };
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Cancel run…
      </button>
      <dialog
        ref={dialog}
        aria-labelledby="cancel-title"
        className="run-dialog"
        onClose={() => setTrouble("")}
      >
        <form onSubmit={(event) => void send(event)}>
          <h2 id="cancel-title">Cancel this run?</h2>
          <p>It ends here. What it did stands.</p>
          <label htmlFor="cancel-reason">Why? It is kept in the log.</label>
          <input
            id="cancel-reason"
            value={reason}
            maxLength={300}
            onChange={(event) => setReason(event.target.value)}
            aria-describedby="cancel-trouble"
          />
          <p id="cancel-trouble" className="error" role="alert">
            {trouble}
          </p>
          <div className="run-dialog-buttons">
            <button type="button" onClick={() => dialog.current?.close()}>
              Let it run
            </button>
            <button type="submit" className="run-danger" disabled={sending}>
              Cancel run
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
