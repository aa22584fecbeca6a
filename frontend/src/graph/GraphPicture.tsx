import { useMemo } from "react";
import { type GraphDocument, LOOK_SIGNS } from "./document";
import { NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { stillOf } from "./still";
import "./picture.css";

const NO_STEPS = new Map();
const EDGE = 8;
/** The boxes hold a sign only, so they need not be as wide as those with a title. */
const SQUEEZE = 0.5;
const WIDTH = NODE_WIDTH * SQUEEZE;

/** A small still picture of a graph; its text names the steps in the order in which they are read. */
export function GraphPicture({ document }: { document: GraphDocument }) {
  const { boxes, lines, width, height } = useMemo(
    () => stillOf(withoutLanes(document), NO_STEPS),
    [document],
  );
  return (
    <svg
      className="picture"
      viewBox={`${-EDGE} ${-EDGE} ${width * SQUEEZE + 2 * EDGE} ${height + 2 * EDGE}`}
      role="img"
      aria-label={`${boxes.length} steps: ${boxes.map((box) => box.title).join(", ")}`}
    >
      <g transform={`scale(${SQUEEZE} 1)`}>
        {lines.map((line) => (
          <path key={line.id} d={line.path} />
        ))}
      </g>
      {boxes.map(({ id, look, place }) => (
        <g key={id} className={`picture-${look}`}>
          <rect x={place.x * SQUEEZE} y={place.y} width={WIDTH} height={NODE_HEIGHT} rx={10} />
          <text x={(place.x + NODE_WIDTH / 2) * SQUEEZE} y={place.y + NODE_HEIGHT / 2}>
            {LOOK_SIGNS[look]}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** Teams make a graph taller than a small picture can show. */
function withoutLanes(document: GraphDocument): GraphDocument {
  return { ...document, nodes: document.nodes.map((node) => ({ ...node, lane: "" })) };
}
