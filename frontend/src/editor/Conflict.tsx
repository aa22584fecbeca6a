import { useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { navigate } from "../app/router";
import type { Autosave } from "./autosave";
import { useEditor, useSlice } from "./store";
import { useWorld } from "./world";

/** Somebody else saved: nothing here changes until one of three ways was chosen. */
export function Conflict({ saver }: { saver: Autosave }) {
  const { api, home } = useSite();
  const { workflow } = useWorld();
  const { store, actions } = useEditor();
  const saving = useSlice((state) => state.saving);
  const [trouble, setTrouble] = useState("");
  if (saving.state !== "conflict") return null;

  const attempt = (work: () => Promise<void>) => () => {
    setTrouble("");
    work().catch((error: unknown) =>
      setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again."),
    );
  };
  const takeTheirs = attempt(async () => {
    const { nodes, edges, layout, revision } = await api.draft(workflow.id);
    actions.replace("Take theirs", { nodes, edges, layout });
    saver.settle(revision, store.getState().history.drawing);
  });
  const keepMine = attempt(async () => {
    const { revision } = await api.draft(workflow.id);
    saver.settle(revision, null);
  });
  const copy = attempt(async () => {
    const made = await api.createWorkflow({ name: `${workflow.name} (copy)`, module: workflow.module });
    await api.saveDraft(made.id, {
      schema: 1,
      revision: made.draft_revision,
      ...store.getState().history.drawing,
    });
    navigate(`${home}workflows/${made.id}/`);
  });
  return (
    <div className="conflict" role="alert">
      <p>{saving.message}</p>
      <button type="button" onClick={takeTheirs}>
        Take theirs
      </button>
      <button type="button" onClick={keepMine}>
        Replace theirs with mine
      </button>
      <button type="button" onClick={copy}>
        Keep mine as a copy
      </button>
      {trouble !== "" && <p>{trouble}</p>}
    </div>
  );
}
