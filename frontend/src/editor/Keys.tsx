import { PickDialog } from "../ui/PickDialog";

const KEYS: [string, string][] = [
  ["Arrows, Home, End", "go from step to step"],
  ["Enter", "settings of the step"],
  ["A", "add a step after it"],
  ["C", "connect it"],
  ["F2", "rename it"],
  ["M", "move it with the arrows; with Shift, size a note"],
  ["D", "disable or enable it"],
  ["Shift+→", "choose everything after it"],
  ["N", "add a note; Enter goes into it, Escape out"],
  ["Delete", "delete it"],
  ["O", "graph or outline"],
  ["Shift+L", "tidy up"],
  ["Ctrl+C, X, V, D", "copy, cut, paste, duplicate"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["Ctrl+Enter", "run test"],
  ["[, ]", "back and on along the tested path"],
  ["Ctrl+Shift+P", "publish"],
  ["Ctrl+S", "keep a checkpoint"],
  ["Ctrl+K", "commands"],
  ["F8", "next problem"],
  ["1, 0, −, =", "fit, 100 %, out, in"],
  ["Space + drag", "move the view"],
  ["Shift + drag", "choose what is in a box"],
];

/** What the keys do; to read and to search. */
export default function Keys({ onClose }: { onClose: () => void }) {
  return (
    <PickDialog
      title="Keys"
      options={KEYS.map(([keys, label]) => ({ id: keys, label, group: keys }))}
      onPick={() => undefined}
      onClose={onClose}
    />
  );
}
