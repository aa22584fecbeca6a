import { useState } from "react";
import type { Autosave, readKept } from "./autosave";
import { keptKey } from "./EditorPage";
import { useEditor } from "./store";
import { useWorld } from "./world";

/** Offers what an earlier visit could not send. */
export function Kept({ saver, read }: { saver: Autosave; read: typeof readKept }) {
  const { actions } = useEditor();
  const { workflow } = useWorld();
  const key = keptKey(workflow.id);
  const [kept, setKept] = useState(() => read(localStorage, key));
  if (kept === null) return null;
  const forget = () => {
    localStorage.removeItem(key);
    setKept(null);
  };
  return (
    <div className="conflict" role="alert">
      <p>
        Changes that you made here earlier were never saved
        {kept.revision === workflow.draft_revision ? "." : ", and the draft was changed since then."}
      </p>
      <button
        type="button"
        onClick={() => {
          actions.replace("Take up unsaved changes", kept.drawing);
          setKept(null);
          void saver.flush();
        }}
      >
        Take them up
      </button>
      <button type="button" onClick={forget}>
        Forget them
      </button>
    </div>
  );
}
