import { shown } from "../ui/format";
import type { Changes } from "./changes";
import type { World } from "./world";
import { nameOf } from "./world";

const SIGNS = { added: "+", removed: "−", renamed: "✎", changed: "●" };

/** The difference of two documents as a list: which steps were added, removed, renamed or changed, and how. */
export function ChangeList({ changes, kinds }: { changes: Changes; kinds: World["kinds"] }) {
  const { nodes, edges } = changes;
  if (nodes.length === 0 && edges.added.length === 0 && edges.removed.length === 0) {
    return <p className="note">Nothing differs.</p>;
  }
  return (
    <ul className="changes">
      {nodes.map((change) => {
        const node = change.after ?? change.before;
        return (
          <li key={`${change.kind} ${change.id}`} className={`change-${change.kind}`}>
            <span aria-hidden="true">{SIGNS[change.kind]}</span> {change.kind}{" "}
            <strong>{node === null ? change.id : nameOf(node, kinds)}</strong>
            {change.kind === "renamed" && change.before !== null && ` (was ${nameOf(change.before, kinds)})`}
            {change.settings.map((setting) => (
              <span key={setting.name} className="change">
                {setting.name} <del>{shown(setting.before)}</del> → <ins>{shown(setting.after)}</ins>
              </span>
            ))}
          </li>
        );
      })}
      {edges.added.map((key) => (
        <li key={`+${key}`}>
          <span aria-hidden="true">+</span> connected {arrow(key)}
        </li>
      ))}
      {edges.removed.map((key) => (
        <li key={`-${key}`}>
          <span aria-hidden="true">−</span> disconnected {arrow(key)}
        </li>
      ))}
    </ul>
  );
}

function arrow(key: string): string {
  const [from = "", branch = "", to = ""] = key.split(":");
  return `${from} → ${to}${branch === "" ? "" : ` (${branch})`}`;
}
