import { nameOf, type World } from "../editor/world";
import { CHANGE_SIGNS, type Changes, nothingIn, settingText, stopsOf } from "../graph/difference";
import type { GraphEdge, GraphNode } from "../graph/document";

interface Props {
  changes: Changes;
  /** Every step of either document. */
  nodes: readonly GraphNode[];
  kinds: World["kinds"];
  /** The key of the change that is looked at, and what to do when another one is chosen. */
  at: string | null;
  onChoose: (at: number) => void;
}

/** The difference of two documents as a list: which steps were added, removed, renamed or changed, and how. */
export function ChangeList({ changes, nodes, kinds, at, onChoose }: Props) {
  if (nothingIn(changes)) return <p className="note">Nothing differs.</p>;
  const stops = stopsOf(changes);
  const named = (id: string) => {
    const node = nodes.find((one) => one.id === id);
    return node === undefined ? id : nameOf(node, kinds);
  };
  const { added } = changes.edges;
  return (
    <ol className="changes">
      {stops.map((stop, index) => {
        const change = changes.nodes[index];
        const edge = index - changes.nodes.length;
        return (
          <li key={stop.key} className={change && `change-${change.kind}`}>
            <button
              type="button"
              className="as-link"
              aria-current={stop.key === at ? "true" : undefined}
              onClick={() => onChoose(index)}
            >
              {change !== undefined ? (
                <>
                  <span aria-hidden="true">{CHANGE_SIGNS[change.kind]}</span> {change.kind}{" "}
                  <strong>{named(change.id)}</strong>
                  {change.kind === "renamed" &&
                    change.before !== null &&
                    ` (was ${nameOf(change.before, kinds)})`}
                </>
              ) : (
                <Connection
                  edge={added[edge] ?? changes.edges.removed[edge - added.length]}
                  sign={edge < added.length ? "added" : "removed"}
                  named={named}
                />
              )}
            </button>
            {change?.settings.map((setting) => (
              <span key={setting.name} className="change">
                {setting.name} <del>{settingText(setting.before)}</del> →{" "}
                <ins>{settingText(setting.after)}</ins>
              </span>
            ))}
          </li>
        );
      })}
    </ol>
  );
}

interface ConnectionProps {
  edge: GraphEdge | undefined;
  sign: "added" | "removed";
  named: (id: string) => string;
}

function Connection({ edge, sign, named }: ConnectionProps) {
  if (edge === undefined) return null;
  return (
    <>
      <span aria-hidden="true">{CHANGE_SIGNS[sign]}</span> {sign === "added" ? "connected" : "disconnected"}{" "}
      {named(edge.from)} → {named(edge.to)}
      {edge.branch ? ` (${edge.branch})` : ""}
    </>
  );
}
