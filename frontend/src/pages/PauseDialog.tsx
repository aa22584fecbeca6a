import type { Workflow, WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { ReasonDialog } from "../versions/ReasonDialog";

interface Props {
  workflow: Workflow;
  onClose: () => void;
  onPaused: (workflow: WorkflowDetail) => void;
}

/** Pauses a workflow, with the reason that its row shows from then on. */
export function PauseDialog({ workflow, onClose, onPaused }: Props) {
  const { api } = useSite();
  return (
    <ReasonDialog
      title={`Pause “${workflow.name}”`}
      text="It starts no run until it is resumed. Events are kept and answered “paused”; runs in flight go on."
      button="Pause"
      required
      onDone={async (reason) => {
        onPaused(await api.act(workflow.id, "pause", { reason }));
      }}
      onClose={onClose}
    />
  );
}
