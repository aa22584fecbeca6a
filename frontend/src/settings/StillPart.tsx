import { useCallback } from "react";
import { Standstills } from "../alerts/Standstills";
import { alertsOf } from "../api/alerts";
import type { WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Show } from "../ui/Page";

/** What the workflow stands still by, now and planned: its own, its team's, its module's and everything's. */
export function StillPart({ workflow }: { workflow: WorkflowDetail }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => alertsOf(api).standstillsOf(workflow.id, signal),
    [api, workflow.id],
  );
  const [loaded, again] = useLoad(load);
  const may = workflow.rights.includes("run") && workflow.archived_at === null;
  return (
    <Show loaded={loaded} again={again} rows={3}>
      {(found) => <Standstills first={found.results} may={may ? [workflow] : []} only={workflow} />}
    </Show>
  );
}
