import { useCallback, useState } from "react";
import type { People, WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { ShareButton } from "../sharing/ShareButton";
import { Show } from "../ui/Page";
import { WorkflowHead } from "../ui/WorkflowHead";
import { KeptPart } from "./KeptPart";
import { SettingsForm } from "./SettingsForm";
import { StatePart } from "./StatePart";
import { StillPart } from "./StillPart";
import "./settings.css";

const NOBODY: People = { people: [], groups: [] };

/** What a workflow is called, who answers for it, how far it may reach and whom it acts as. */
export default function SettingsPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<{ workflow: WorkflowDetail; people: People }> => {
      const workflow = await api.workflow(id, signal);
      // Who can't choose anybody may not ask who there is, and need not.
      const chooses = workflow.may_change.some((name) => name === "owner" || name === "run_as");
      return { workflow, people: chooses ? await api.people(signal) : NOBODY };
    },
    [api, id],
  );
  const [first, again] = useLoad(load);
  const [changed, setChanged] = useState<WorkflowDetail | null>(null);
  const loaded =
    first.state === "ready" && changed !== null
      ? { state: first.state, value: { ...first.value, workflow: changed } }
      : first;
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="settings" what="Settings of">
        {loaded.state === "ready" && loaded.value.workflow.rights.includes("edit") && (
          <div className="actions">
            <ShareButton thing={`workflows/${id}`} name={loaded.value.workflow.name} />
          </div>
        )}
      </WorkflowHead>
      <Show loaded={loaded} again={again} rows={10}>
        {({ workflow, people }) => (
          <>
            <SettingsForm workflow={workflow} people={people} onSaved={setChanged} />
            <StatePart workflow={workflow} onChanged={setChanged} />
            <StillPart workflow={workflow} />
            <KeptPart workflow={workflow} />
          </>
        )}
      </Show>
    </>
  );
}
