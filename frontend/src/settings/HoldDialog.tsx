import { useState } from "react";
import { FormDialog } from "../ui/FormDialog";

export interface Hold {
  reason: string;
  /** An ISO moment; null: until somebody lifts it. */
  until: string | null;
}

interface Props {
  workflow: string;
  onSet: (hold: Hold) => Promise<void>;
  onClose: () => void;
}

/** Asks why nothing of a workflow may be dropped, and until when. */
export function HoldDialog({ workflow, onSet, onClose }: Props) {
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const set = () => onSet({ reason, until: until === "" ? null : new Date(until).toISOString() });
  return (
    <FormDialog title={`Hold all of “${workflow}”`} button="Set the hold" onDo={set} onClose={onClose}>
      <p>Nothing of this workflow is dropped, whatever its age, while it is held.</p>
      <label className="block">
        Reason
        <input required maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      <label className="block">
        Until, by your clock (empty: until an admin lifts it)
        <input type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
      </label>
    </FormDialog>
  );
}
