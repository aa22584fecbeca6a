import { useState } from "react";
import { FormDialog } from "../ui/FormDialog";
import type { Bench } from "./bench";
import { useActions } from "./store";

/** Keep the draft as it is now, with a name where one helps to find it. Ctrl+S again keeps it without one. */
export function CheckpointDialog({ bench }: { bench: Bench }) {
  const { say } = useActions();
  const [name, setName] = useState("");
  const keep = async () => {
    await bench.keepCheckpoint(name);
    say("Checkpoint kept.");
  };
  return (
    <FormDialog
      title="Keep a checkpoint"
      button="Keep"
      savesByKey
      onDo={keep}
      onClose={() => bench.setDialog(null)}
    >
      <p className="note">The draft is saved by itself. A checkpoint is a place to go back to.</p>
      <label className="block">
        Name (optional)
        <input value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
      </label>
    </FormDialog>
  );
}
