import { useSite } from "../app/context";
import { navigate } from "../app/router";
import { type Option, PickDialog } from "../ui/PickDialog";
import type { Bench } from "./bench";
import { stepCommands } from "./StepMenu";
import { useEditor, useSlice } from "./store";
import { useView } from "./useView";
import { nameOf, useWorld } from "./world";

/** Every command and every step by name. */
export function CommandDialog({ bench }: { bench: Bench }) {
  const { home } = useSite();
  const editor = useEditor();
  const { store, actions } = editor;
  const { workflow, kinds, readOnly } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const { view, narrow } = useView();
  const may = (right: string) => workflow.rights.includes(right);
  const goTo = (page: string) => navigate(`${home}workflows/${workflow.id}/${page}/`);

  const looking: Record<string, [string, () => void]> = {
    ...(narrow ? {} : { view: [view === "graph" ? "Show the outline" : "Show the graph", bench.switchView] }),
    problems: ["Show the problems", () => bench.setDrawer("problems")],
    scenarios: ["Show the scenarios", () => bench.setDrawer("scenarios")],
    versions: ["Go to versions", () => goTo("versions")],
    runs: ["Go to runs", () => goTo("runs")],
    keys: ["Show the keys", () => bench.setDialog("keys")],
  };
  const editing: Record<string, [string, () => void]> = {
    add: ["Add a step…", () => bench.addAfter(store.getState().selected.at(-1))],
    ...stepCommands(bench, editor),
    note: ["Add a note", bench.addNote],
    tidy: ["Tidy up the graph", actions.tidy],
    share: ["Share…", () => bench.setDialog("share")],
    checkpoint: ["Keep a checkpoint…", () => bench.setDialog("checkpoint")],
    checkpoints: ["Go back to a checkpoint, or discard…", () => bench.setDialog("checkpoints")],
  };
  const commands: Record<string, [string, () => void]> = {
    ...(may("run_test") ? { test: ["Run test", bench.runTest] } : {}),
    ...(may("publish") ? { publish: ["Publish…", bench.publish] } : {}),
    ...(readOnly ? {} : editing),
    ...looking,
  };
  const options: Option[] = [
    ...Object.entries(commands).map(([id, [label]]) => ({ id, label, group: "Command" })),
    ...drawing.nodes.map((node) => ({ id: `node ${node.id}`, label: nameOf(node, kinds), group: "Step" })),
  ];
  const onPick = (id: string) => {
    if (id.startsWith("node ")) bench.goTo(id.slice("node ".length));
    else commands[id]?.[1]();
  };
  return (
    <PickDialog title="Commands" options={options} onPick={onPick} onClose={() => bench.setDialog(null)} />
  );
}
