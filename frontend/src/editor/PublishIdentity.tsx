import { useCallback } from "react";
import { guardrailsOf } from "../api/guardrails";
import type { IdentityPreview } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Show } from "../ui/Page";
import { useWorld } from "./world";

/** Whom the draft would act as, and what that identity could not do for the records of today. */
export function PublishIdentity() {
  const { api } = useSite();
  const { workflow } = useWorld();
  const load = useCallback(
    (signal: AbortSignal) => guardrailsOf(api).identity(workflow.id, null, undefined, signal),
    [api, workflow.id],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section aria-label="Acts as">
      <h3>Acts as</h3>
      <Show loaded={loaded} again={again}>
        {(preview) => <Told preview={preview} />}
      </Show>
    </section>
  );
}

function Told({ preview }: { preview: IdentityPreview }) {
  const denied = preview.actions.filter((action) => action.denied > 0);
  const who =
    preview.by === "run_as"
      ? `${preview.identity}, whom this workflow runs as`
      : `${preview.identity}, who publishes it: the workflow runs as nobody else`;
  return (
    <>
      <p>
        {denied.length === 0 && <span aria-hidden="true">✓ </span>}
        {who}.{" "}
        {preview.looked_at === 0
          ? "No record of today would start it."
          : denied.length === 0
            ? `May do all that ${countOf(preview.looked_at)} of today would come to.`
            : "Could not do this:"}
      </p>
      {denied.length > 0 && (
        <ul>
          {denied.map((action) => (
            <li key={action.node}>
              <strong>{action.title}</strong> {action.denied} of {action.candidates}: {action.why}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function countOf(records: number): string {
  return records === 1 ? "1 candidate" : `${records} candidates`;
}
