import { type KeyboardEvent, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useModal } from "../ui/useModal";
import type { Bench } from "./bench";
import { useActions } from "./store";

/** Keep the draft as it is now, with a name where one helps to find it. */
export function CheckpointDialog({ bench }: { bench: Bench }) {
  const { say } = useActions();
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  useModal(dialog);
  const keep = () => {
    if (busy) return;
    setBusy(true);
    setTrouble("");
    bench.keepCheckpoint(name).then(
      () => {
        say("Checkpoint kept.");
        dialog.current?.close();
      },
      (error: unknown) => {
        setTrouble(error instanceof ApiError ? error.message : "It could not be kept. Try again.");
        setBusy(false);
      },
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault(); // pressed twice, it keeps without a name, and the browser saves no page
    keep();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="checkpoint-title"
      onKeyDown={onKeyDown}
      onClose={() => bench.setDialog(null)}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          keep();
        }}
      >
        <h2 id="checkpoint-title">Keep a checkpoint</h2>
        <p className="note">The draft is saved by itself. A checkpoint is a place to go back to.</p>
        <label className="block">
          Name (optional)
          <input value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
        </label>
        {trouble !== "" && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={busy}>
            Keep
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
