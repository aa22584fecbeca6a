import { type KeyboardEvent, useEffect } from "react";
import { copied, readClip } from "../graph/clipboard";
import { noteKey } from "../graph/notes";
import type { Bench } from "./bench";
import { isTyping } from "./keys";
import { useRunsMode } from "./runs/useRunsMode";
import { useEditor } from "./store";
import { useWorld } from "./world";

/** Keys of the graph; single letters only while it has the focus. Answers whether a key was used. */
export function useGraphKeys(bench: Bench): (key: string, event: KeyboardEvent) => boolean {
  const { store, actions } = useEditor();
  const { readOnly } = useWorld();
  return (key, event) => {
    const { drawing } = store.getState().history;
    const { selected } = store.getState();
    const last = selected.at(-1);
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl) {
      const letter = key.toLowerCase();
      if (letter === "a") {
        actions.select([...drawing.nodes.map((node) => node.id), ...drawing.notes.map(noteKey)]);
      } else if (letter === "c" && last !== undefined) bench.copy(selected);
      else if (readOnly) return false;
      else if (letter === "x" && last !== undefined) {
        bench.copy(selected);
        actions.remove(selected);
      } else if (letter === "v") bench.paste();
      else if (letter === "d" && last !== undefined) {
        const clip = readClip(copied(drawing, selected));
        if (clip !== null) actions.paste(clip);
      } else return false;
      return true;
    }
    if (key === "Enter" && last !== undefined) bench.focusInspector();
    else if (key === "o" || key === "O") bench.switchView();
    else if (key === "?") bench.setDialog("keys");
    else if (key === "[" || key === "]") return bench.stepThrough(key === "]" ? 1 : -1);
    else if (readOnly) return false;
    else if (key === "Delete" || key === "Backspace") actions.remove(selected);
    else if (key === "F2" && last !== undefined) bench.rename(last);
    else if (key === "a" || key === "+") bench.addAfter(last);
    else if (key === "n") bench.addNote();
    else if (key === "d" && last !== undefined) actions.toggleDisabled(selected);
    else if (key === "c" && last !== undefined) bench.setDialog("connect");
    else if (key === "L" && event.shiftKey) actions.tidy();
    else return false;
    return true;
  };
}

/** Keys that hold in the whole editor, while no dialog is open; they are of the draft. */
export function useEditorKeys(bench: Bench): void {
  const { store, actions } = useEditor();
  const { readOnly } = useWorld();
  const { on: watching } = useRunsMode();
  useEffect(() => {
    if (watching) return;
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (document.querySelector("dialog[open]") !== null) return;
      const ctrl = event.ctrlKey || event.metaKey;
      const letter = event.key.toLowerCase();
      let used = true;
      if (event.key === "Escape" && store.getState().armed !== null) store.setState({ armed: null });
      else if (ctrl && letter === "k") bench.setDialog("commands");
      else if (ctrl && letter === "s") {
        if (!readOnly) bench.setDialog("checkpoint");
      } else if (ctrl && event.key === "Enter") bench.runTest();
      else if (isTyping(event.target)) used = false;
      else if (ctrl && event.shiftKey && letter === "p") bench.publish();
      else if (ctrl && !readOnly && (letter === "y" || (letter === "z" && event.shiftKey))) actions.redo();
      else if (ctrl && !readOnly && letter === "z") actions.undo();
      else if (event.key === "F8") bench.stepProblem(event.shiftKey ? -1 : 1);
      else used = false;
      if (used) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
