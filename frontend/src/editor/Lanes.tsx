import { ViewportPortal } from "@xyflow/react";
import type { Lane } from "../graph/layout";

/** Under the lanes, while something is dragged. */
const STRIP = { gap: 16, height: 60 };
export const NEW_TEAM = "\n";

/** One band behind the nodes for each team. While something is dragged, `over` is the band that it would go to. */
export function Lanes({
  lanes,
  width,
  dragging,
  over,
}: {
  lanes: readonly Lane[];
  width: number;
  dragging: boolean;
  over: string | null;
}) {
  return (
    <ViewportPortal>
      {[...lanes, ...(dragging ? stripOf(lanes) : [])].map((lane) => (
        <div
          key={lane.name}
          className={lane.name === over ? "lane lane-over" : "lane"}
          style={{ transform: `translate(-24px, ${lane.y}px)`, width: width + 48, height: lane.height }}
        >
          {lane.name === NEW_TEAM ? "Drop here for another team" : lane.name || "No team"}
        </div>
      ))}
    </ViewportPortal>
  );
}

/** The band at a height: a team's name, NEW_TEAM, or null between and beyond them. */
export function laneAt(lanes: readonly Lane[], y: number): string | null {
  const found = [...lanes, ...stripOf(lanes)].find((lane) => y >= lane.y && y < lane.y + lane.height);
  return found?.name ?? null;
}

function stripOf(lanes: readonly Lane[]): Lane[] {
  const last = lanes.at(-1);
  if (last === undefined) return [];
  return [{ name: NEW_TEAM, y: last.y + last.height + STRIP.gap, height: STRIP.height }];
}
