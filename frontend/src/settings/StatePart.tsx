import { useState } from "react";
import { ApiError } from "../api/client";
import { guardrailsOf } from "../api/guardrails";
import type { WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { PauseDialog } from "../pages/PauseDialog";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { ReasonDialog } from "../versions/ReasonDialog";

interface Props {
  workflow: WorkflowDetail;
  onChanged: (workflow: WorkflowDetail) => void;
}

/** Whether it starts runs; pausing, resuming, putting it away. */
export function StatePart({ workflow, onChanged }: Props) {
  const { api } = useSite();
  const [asked, setAsked] = useState<"pause" | "archive" | "restore" | null>(null);
  const [trouble, setTrouble] = useState("");
  const mayRun = workflow.rights.includes("run");
  const mayArchive = workflow.rights.includes("publish");
  const archived = workflow.archived_at !== null;
  const paused = workflow.paused_at !== null;
  const resume = () => {
    setTrouble("");
    api.act(workflow.id, "resume", {}).then(onChanged, (error: unknown) => {
      setTrouble(error instanceof ApiError ? error.message : "It could not be resumed. Try again.");
    });
  };
  return (
    <section aria-labelledby="state">
      <h2 id="state">Pause and archive</h2>
      <p>
        {archived ? (
          <>
            Archived <Ago at={workflow.archived_at} />: it starts no run. Its versions and runs stay.
          </>
        ) : paused ? (
          <>
            Paused <Ago at={workflow.paused_at} />
            {workflow.pause_reason !== "" && `: “${workflow.pause_reason}”`}. Events are kept and answered
            “paused”; once it is resumed, a <Link to={`workflows/${workflow.id}/backfills/`}>backfill</Link>{" "}
            makes up for them.
          </>
        ) : workflow.active_version === null ? (
          "Nothing is published yet, so that nothing starts it."
        ) : (
          `On: version ${workflow.active_version} starts runs in ${workflow.mode}.`
        )}
      </p>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      {!archived && (
        <p className="actions">
          {mayRun && paused && (
            <button type="button" onClick={resume}>
              Resume
            </button>
          )}
          {mayRun && !paused && workflow.active_version !== null && (
            <button type="button" onClick={() => setAsked("pause")}>
              Pause…
            </button>
          )}
          {mayArchive && (
            <button type="button" onClick={() => setAsked("archive")}>
              Archive…
            </button>
          )}
        </p>
      )}
      {archived && mayArchive && (
        <p className="actions">
          <button type="button" onClick={() => setAsked("restore")}>
            Take back…
          </button>
        </p>
      )}
      {!archived && !(mayRun && mayArchive) && (
        <p className="note">
          Pausing takes the right “run”, archiving the right “publish”. {workflow.owner ?? "An admin"} can
          share it with you.
        </p>
      )}
      {asked === "pause" && (
        <PauseDialog workflow={workflow} onClose={() => setAsked(null)} onPaused={onChanged} />
      )}
      {asked === "archive" && (
        <ReasonDialog
          title={`Archive “${workflow.name}”`}
          text="It starts no run from now on. Its versions and runs stay, and it can be taken back, paused and in simulate."
          button="Archive"
          required
          onDone={async (reason) => {
            await guardrailsOf(api).archive(workflow.id, reason);
            onChanged(await api.workflow(workflow.id));
          }}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === "restore" && (
        <ReasonDialog
          title={`Take “${workflow.name}” back`}
          text="It comes back paused and in simulate: it starts nothing before it is resumed, and does nothing before it is promoted again."
          button="Take back"
          required
          onDone={async (reason) => onChanged(await guardrailsOf(api).restore(workflow.id, reason))}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
