import { useCallback } from "react";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { drawingOf } from "../graph/document";
import { GraphPicture } from "../graph/GraphPicture";
import { useEditor } from "./store";
import { useWorld } from "./world";

const OFFERED = 3;

/** What stands in the place of a graph that has no step. */
export function EmptyCanvas() {
  const { store } = useEditor();
  const { readOnly } = useWorld();
  return (
    <div className="empty-canvas">
      {readOnly ? (
        <p className="note">Nothing is drawn yet.</p>
      ) : (
        <>
          <button
            type="button"
            className="add-first"
            data-testid="node-empty"
            // biome-ignore lint/a11y/noAutofocus: an empty workflow has one thing to do.
            autoFocus
            onClick={() => store.setState({ adding: { where: "free" } })}
          >
            Add a trigger
          </button>
          <p className="note">
            A trigger says what starts this workflow: a new record, a deadline, a schedule.
          </p>
          <Templates />
        </>
      )}
    </div>
  );
}

/** Working examples for the workflow's module; those that lack something here stay in the gallery. */
function Templates() {
  const { api } = useSite();
  const { actions } = useEditor();
  const { workflow } = useWorld();
  const load = useCallback((signal: AbortSignal) => api.templates(signal), [api]);
  const [loaded] = useLoad(load);
  if (loaded.state !== "ready") return null;
  const fitting = loaded.value
    .filter((one) => one.missing.length === 0 && (workflow.module === null || one.module === workflow.module))
    .slice(0, OFFERED);
  if (fitting.length === 0) return null;
  return (
    <section className="begin-with" aria-labelledby="begin-with">
      <h2 id="begin-with">or begin with…</h2>
      <ul>
        {fitting.map((template) => (
          <li key={template.key}>
            <button
              type="button"
              onClick={() => {
                actions.replace(`Begin with ${template.name}`, drawingOf(template.document));
                actions.say(`${template.document.nodes.length} steps added.`);
              }}
            >
              <GraphPicture document={template.document} />
              <strong>{template.name}</strong>
              <span className="note">{template.sentence}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
