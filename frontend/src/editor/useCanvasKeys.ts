import type { ReactFlowInstance } from "@xyflow/react";
import { type KeyboardEvent, type RefObject, useState } from "react";
import type { DraftNode } from "../graph/flow";
import { isNoteKey, noteOf } from "../graph/notes";
import { type Direction, isSwitchedOff, isTyping, neighbour } from "./keys";
import { useEditor } from "./store";
import type { Drawn } from "./useDrawn";
import { useWorld } from "./world";

const ARROWS: Record<string, Direction> = {
  ArrowRight: "right",
  ArrowLeft: "left",
  ArrowUp: "up",
  ArrowDown: "down",
};
const MODIFIERS = new Set(["Tab", "Shift", "Control", "Alt", "Meta"]);
const NUDGE = 20;
export const FIT = { maxZoom: 1, padding: 0.1 };

interface Around {
  drawn: Drawn;
  /** The chosen edge. */
  edge: string | null;
  flow: RefObject<ReactFlowInstance<DraftNode> | null>;
  /** Choose a node and give it the focus. */
  select: (id: string) => void;
  /** Lead the armed way out to a node; false where none is armed. */
  lead: (to: string) => boolean;
  /** A key that the canvas does not know itself; true when it was used. */
  onKey: (key: string, event: KeyboardEvent) => boolean;
}

/** Walking over the graph, moving what is chosen and zooming by keys; all other keys go to `onKey`. */
export function useCanvasKeys({ drawn, edge, flow, select, lead, onKey }: Around) {
  const { store, actions } = useEditor();
  const { readOnly } = useWorld();
  const { drawing, order, places, selectedIds } = drawn;
  const [moving, setMoving] = useState(false);

  const onKeyDown = (event: KeyboardEvent) => {
    if (isTyping(event.target) || !(event.target instanceof HTMLElement) || isSwitchedOff(event)) return;
    // Keys are about the node that has the focus, also when it came by Tab or a script.
    const focused = event.target.closest<HTMLElement>(".react-flow__node")?.dataset.id;
    const chosen = store.getState().selected;
    if (focused !== undefined && !chosen.includes(focused) && !MODIFIERS.has(event.key)) {
      actions.select([focused]);
    }
    const current = focused ?? chosen.at(-1) ?? order[0];
    const arrow = ARROWS[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    let used = true;
    if (arrow !== undefined && plain && moving) nudge(arrow, event.shiftKey);
    else if (event.key === "ArrowRight" && event.shiftKey && plain) actions.selectAfter();
    else if (event.key === "Enter" && current !== undefined && lead(current)) used = true;
    else if (event.key === "Escape" && store.getState().armed !== null) store.setState({ armed: null });
    else if (event.key === "Enter" && focused !== undefined && isNoteKey(focused) && !moving) {
      event.target.querySelector("textarea")?.focus();
    } else if (arrow !== undefined && plain && current !== undefined) {
      const next =
        chosen.length === 0 && focused === undefined ? current : neighbour(drawing, places, current, arrow);
      if (next !== null) select(next);
    } else if (event.key === "Home" && order[0] !== undefined) select(order[0]);
    else if (event.key === "End" && order.length > 0) select(order.at(-1) ?? "");
    else if (event.key === " " && current !== undefined) select(current);
    else if (moving && event.key === "Enter") endMove("Moved.");
    else if (moving && event.key === "Escape") {
      actions.undo();
      endMove("Back where it was.");
    } else if (event.key === "Escape") actions.select([]);
    else if (plain && event.key.toLowerCase() === "m" && selectedIds.length > 0 && !readOnly) {
      setMoving(true);
      actions.say("Moving: arrows move, Enter ends, Escape takes it back.");
    } else if (plain && event.key === "1") void flow.current?.fitView(FIT);
    else if (plain && event.key === "0") void flow.current?.zoomTo(1);
    else if (plain && event.key === "-") void flow.current?.zoomOut();
    else if (plain && event.key === "=") void flow.current?.zoomIn();
    else if (
      (event.key === "Delete" || event.key === "Backspace") &&
      edge !== null &&
      selectedIds.length === 0
    ) {
      actions.disconnect(edge);
    } else used = onKey(event.key, event);
    if (used) {
      event.preventDefault();
      // React Flow listens to the space bar, with which a drag moves the view.
      if (event.key !== " ") event.stopPropagation();
    }
  };
  /** Move what is chosen; with Shift, size the notes among it. */
  const nudge = (direction: Direction, sizes: boolean) => {
    const by = { right: [NUDGE, 0], left: [-NUDGE, 0], up: [0, -NUDGE], down: [0, NUDGE] }[direction];
    if (sizes) {
      for (const id of selectedIds) {
        const note = noteOf(drawing, id);
        if (note === undefined) continue;
        const size = { width: note.width + (by[0] ?? 0), height: note.height + (by[1] ?? 0) };
        actions.resizeNote(id, size, `size ${id}`);
      }
      return;
    }
    const moved = Object.fromEntries(
      selectedIds.flatMap((id) => {
        const place = places.get(id);
        return place === undefined ? [] : [[id, { x: place.x + (by[0] ?? 0), y: place.y + (by[1] ?? 0) }]];
      }),
    );
    actions.move(moved, `nudge ${selectedIds.join()}`);
  };
  const endMove = (said: string) => {
    setMoving(false);
    actions.say(said);
  };
  return onKeyDown;
}
