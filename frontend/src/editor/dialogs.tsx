import { useEffect, useState } from "react";
import type { Kind } from "../api/catalogTypes";
import { branchesOf } from "../graph/branches";
import { familyOf, readingOrder } from "../graph/document";
import { nodeOf, whyNotConnect } from "../graph/operations";
import { type Option, PickDialog } from "../ui/PickDialog";
import { freeWay } from "./commands";
import { type Adding, useEditor, useSlice } from "./store";
import { nameOf, useWorld } from "./world";

/** Choose a kind for the step that is added; an empty workflow begins with a trigger. */
export function AddDialog({ adding, onAdded }: { adding: Adding; onAdded: () => void }) {
  const { store, actions } = useEditor();
  const { catalog } = useWorld();
  const empty = useSlice((state) => state.history.drawing.nodes.length === 0);
  const group = (name: string, kinds: Kind[]): Option[] =>
    kinds.map((kind) => ({ id: kind.type, label: kind.label, detail: kind.description, group: name }));
  const triggers = group("Trigger", catalog.triggers);
  const others = [...group("Condition", catalog.conditions), ...group("Action", catalog.actions)];
  const options = empty ? triggers : adding.where === "free" ? [...others, ...triggers] : others;
  return (
    <PickDialog
      title={empty ? "Add a trigger" : "Add a step"}
      options={options}
      onPick={(type) => {
        actions.add(type, adding);
        onAdded();
      }}
      onClose={() => store.setState({ adding: null })}
    />
  );
}

/** Choose a way out of the chosen step and where it leads, by keys alone. */
export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const { store, actions } = useEditor();
  const { kinds } = useWorld();
  const { history, selected } = store.getState();
  const { drawing } = history;
  const way = freeWay(drawing, selected.at(-1));
  const from = way === null ? undefined : nodeOf(drawing, way.from);
  const [branch, setBranch] = useState<string | null>(null);
  const single = from !== undefined && branchesOf(from).length === 1;
  const [armedFrom, armedBranch] = [from?.id, branch ?? (single ? (way?.branch ?? "") : null)];
  // The graph behind dims what can't be led to.
  useEffect(() => {
    if (armedFrom === undefined || armedBranch === null) return;
    store.setState({ armed: { from: armedFrom, branch: armedBranch } });
    return () => store.setState({ armed: null });
  }, [store, armedFrom, armedBranch]);
  if (way === null || from === undefined) {
    return (
      <PickDialog
        title="Connect"
        options={[]}
        empty="Nothing can come after this step."
        onPick={onClose}
        onClose={onClose}
      />
    );
  }
  const ways = branchesOf(from);
  if (ways.length > 1 && branch === null) {
    return (
      <PickDialog
        key="branch"
        title={`Which way out of ${nameOf(from, kinds)}?`}
        options={ways.map((name) => ({ id: name, label: name === "" ? "then" : name }))}
        onPick={setBranch}
        onClose={() => undefined}
      />
    );
  }
  const out = branch ?? way.branch;
  const targets = readingOrder(drawing).map((node) => ({
    node,
    refused: whyNotConnect(drawing, from.id, out, node.id),
  }));
  return (
    <PickDialog
      key="target"
      title={`${nameOf(from, kinds)}${out === "" ? "" : `, ${out}`}: lead to`}
      options={targets.map(({ node, refused }) => ({
        id: node.id,
        label: nameOf(node, kinds),
        group: familyOf(node),
        ...(refused === "" ? {} : { detail: refused }),
      }))}
      onPick={(to) => {
        actions.connect(from.id, out, to);
        onClose();
      }}
      onClose={onClose}
    />
  );
}
