import { type NodeProps, useReactFlow } from "@xyflow/react";
import { type PointerEvent, useState } from "react";
import type { NoteNode } from "../graph/flow";
import { LEAST_NOTE, MAX_NOTE_LENGTH } from "../graph/notes";
import { useActions } from "./store";
import { useWorld } from "./world";

/** A note: its bar moves it, its corner sizes it, Enter goes into its text and Escape out of it. */
export function NoteBox({ id, data }: NodeProps<NoteNode>) {
  const actions = useActions();
  const { readOnly } = useWorld();
  const { getZoom } = useReactFlow();
  const { note } = data;
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const { width, height } = size ?? note;

  const grow = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const [fromX, fromY, zoom, grip] = [event.clientX, event.clientY, getZoom(), event.currentTarget];
    grip.setPointerCapture(event.pointerId);
    let wanted = { width: note.width, height: note.height };
    const follow = (to: globalThis.PointerEvent) => {
      wanted = {
        width: Math.max(LEAST_NOTE.width, note.width + (to.clientX - fromX) / zoom),
        height: Math.max(LEAST_NOTE.height, note.height + (to.clientY - fromY) / zoom),
      };
      setSize(wanted);
    };
    const end = () => {
      grip.removeEventListener("pointermove", follow);
      setSize(null);
      actions.resizeNote(id, wanted);
    };
    grip.addEventListener("pointermove", follow);
    grip.addEventListener("lostpointercapture", end, { once: true });
  };

  return (
    <div className="note-box" style={{ width, height }} data-testid={id}>
      <span className="note-bar">Note</span>
      <textarea
        className="nodrag nowheel nopan"
        aria-label="Text of the note"
        tabIndex={-1}
        maxLength={MAX_NOTE_LENGTH}
        value={note.text}
        readOnly={readOnly}
        placeholder="Write something for those who read this graph"
        onChange={(event) => actions.writeNote(id, event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          event.currentTarget.closest<HTMLElement>(".react-flow__node")?.focus();
        }}
      />
      {!readOnly && (
        <span className="note-grip nodrag nopan" title="Drag to make it larger" onPointerDown={grow} />
      )}
    </div>
  );
}
