import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { useEditor } from "./store";

/** An edge with its branch, and the buttons that put a step into it or take it away. */
export function DraftEdge({ id, label, selected, markerEnd, ...ends }: EdgeProps) {
  const { store, actions } = useEditor();
  const [path, x, y] = getBezierPath(ends);
  const [from = "", , to = ""] = id.split(":");
  return (
    <>
      <BaseEdge id={id} path={path} {...(markerEnd === undefined ? {} : { markerEnd })} />
      <EdgeLabelRenderer>
        <div
          className="edge-tools nodrag nopan"
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        >
          {label !== undefined && <span className="edge-label">{label}</span>}
          <button
            type="button"
            tabIndex={-1}
            data-testid={`edge-add-${id}`}
            aria-label={`Add a step between ${from} and ${to}`}
            onClick={() => store.setState({ adding: { where: "edge", edge: id } })}
          >
            +
          </button>
          {selected === true && (
            <button
              type="button"
              tabIndex={-1}
              aria-label={`Disconnect ${from} and ${to}`}
              onClick={() => actions.disconnect(id)}
            >
              ✕
            </button>
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}
