import { ViewportPortal } from "@xyflow/react";
import type { Lane } from "../graph/layout";

/** One band behind the nodes for each team. */
export function Lanes({ lanes, width }: { lanes: readonly Lane[]; width: number }) {
  return (
    <ViewportPortal>
      {lanes.map((lane) => (
        <div
          key={lane.name}
          className="lane"
          style={{ transform: `translate(-24px, ${lane.y}px)`, width: width + 48, height: lane.height }}
        >
          {lane.name || "No team"}
        </div>
      ))}
    </ViewportPortal>
  );
}
