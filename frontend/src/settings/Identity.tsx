import { useCallback } from "react";
import { guardrailsOf } from "../api/guardrails";
import type { IdentityPreview, WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Show } from "../ui/Page";
import { Table } from "../ui/Table";

interface Props {
  workflow: WorkflowDetail;
  /** Whom it is tried as; undefined: whom it runs as. */
  tried: string | null | undefined;
}

/** What whom the live version, or else the draft, acts as may do there and may not. */
export function Identity({ workflow, tried }: Props) {
  const { api } = useSite();
  const { id, active_version: live } = workflow;
  const load = useCallback(
    (signal: AbortSignal) => guardrailsOf(api).identity(id, live, tried, signal),
    [api, id, live, tried],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section className="identity" aria-label="What they may do" aria-live="polite">
      <Show loaded={loaded} again={again} rows={3}>
        {(preview) => <Told preview={preview} where={live === null ? "the draft" : `version ${live}`} />}
      </Show>
    </section>
  );
}

function Told({ preview, where }: { preview: IdentityPreview; where: string }) {
  const missing = preview.needs.filter((need) => !need.held);
  const who = preview.identity ?? "Nobody";
  return (
    <>
      <p>
        <strong>
          {preview.needs.length === 0
            ? `${who}: the steps of ${where} take no right.`
            : missing.length === 0
              ? `✓ ${who} may do all that ${where} does.`
              : `⚠ ${who} may not do all that ${where} does.`}
        </strong>{" "}
        {todayOf(preview)}
      </p>
      {preview.needs.length > 0 && (
        <Table
          label="Rights that the steps take"
          rows={preview.needs}
          keyOf={(need) => `${need.node} ${need.right} ${need.thing}`}
          columns={[
            { name: "Step", cell: (need) => need.title },
            { name: "Takes", wide: true, cell: (need) => `${VERBS[need.right] ?? need.right} ${need.thing}` },
            {
              name: who,
              cell: (need) =>
                need.held ? (
                  <span className="may">✓ may</span>
                ) : (
                  <span className="may-not">✕ may not: share {need.thing} with them</span>
                ),
            },
          ]}
        />
      )}
    </>
  );
}

const VERBS: Record<string, string> = { view: "see", use: "use", run: "start" };

function todayOf({ candidates, denied }: IdentityPreview): string {
  if (candidates === 0) return "No record of today would start it.";
  const records = candidates === 1 ? "1 record" : `${candidates} records`;
  if (denied === 0) return `For the ${records} that would start it today nothing would be refused.`;
  return `For the ${records} that would start it today ${denied} ${denied === 1 ? "action" : "actions"} would be refused.`;
}
