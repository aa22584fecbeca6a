import { useEditor } from "./store";
import { useWorld } from "./world";

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
        </>
      )}
    </div>
  );
}
