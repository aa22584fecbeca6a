import { canBeDisabled } from "../graph/branches";
import { isNoteKey } from "../graph/notes";
import { leadsOn, nodeOf } from "../graph/operations";
import { PickDialog } from "../ui/PickDialog";
import type { Bench } from "./bench";
import { useEditor } from "./store";
import { nameOf, useWorld } from "./world";

/** What can be done with the chosen steps, by name. */
export function stepCommands(
  bench: Bench,
  { store, actions }: ReturnType<typeof useEditor>,
): Record<string, [string, () => void]> {
  const { selected, history } = store.getState();
  const steps = selected.filter((id) => !isNoteKey(id));
  const node = nodeOf(history.drawing, steps.at(-1) ?? "");
  if (node === undefined) return {};
  const able = history.drawing.nodes.some(
    (one) => steps.includes(one.id) && (one.disabled || canBeDisabled(one)),
  );
  return {
    ...(leadsOn(node)
      ? {
          after: ["Add a step after it…", () => bench.addAfter(node.id)],
          connect: ["Connect the chosen step…", () => bench.setDialog("connect")],
        }
      : {}),
    team: ["Move to team…", () => store.setState({ teamFor: steps })],
    ...(able ? { disable: ["Disable or enable", () => actions.toggleDisabled(steps)] } : {}),
    following: ["Select everything after it", () => actions.selectAfter()],
    rename: ["Rename", () => bench.rename(node.id)],
    delete: ["Delete, and join its neighbours", () => actions.remove(steps)],
    gap: ["Delete, and leave a gap", () => actions.remove(steps, false)],
  };
}

/** The menu of a step: the right button, or the key for it. */
export function StepMenu({ bench }: { bench: Bench }) {
  const editor = useEditor();
  const { kinds } = useWorld();
  const { selected, history } = editor.store.getState();
  const node = nodeOf(history.drawing, selected.at(-1) ?? "");
  const commands = stepCommands(bench, editor);
  return (
    <PickDialog
      title={node === undefined ? "Step" : nameOf(node, kinds)}
      options={Object.entries(commands).map(([id, [label]]) => ({ id, label }))}
      onPick={(id) => commands[id]?.[1]()}
      onClose={() => bench.setDialog(null)}
    />
  );
}
