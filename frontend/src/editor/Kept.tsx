import { useState } from "react";
import type { Autosave, readKept } from "./autosave";
import { keptKey } from "./EditorPage";
import { useEditor } from "./store";
import { useWorld } from "./world";

/** Offers what an earlier visit could not send. */
export function Kept({ saver, read }: { saver: Autosave; read: typeof readKept }) {
  const { store, actions } = useEditor();
  const { workflow } = useWorld();
  const key = keptKey(workflow.id);
  const [kept, setKept] = useState(() => read(localStorage, key));
  if (kept === null) return null;
  const forget = () => {
    localStorage.removeItem(key);
    setKept(null);
  };
  const newer = kept.revision !== store.getState().revision;
  return (
    <div className="conflict" role="alert">
      <p>
        Changes that you made here earlier were never saved
        {newer ? ", and the draft was changed since then: taking them up shows both." : "."}
      </p>
      <button
        type="button"
        onClick={() => {
          actions.replace("Take up unsaved changes", kept.drawing);
          // From the draft that they were made on: where that is gone, saving meets a conflict, which shows both.
          saver.settle(kept.revision, kept.base);
          setKept(null);
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
