/** Undo and redo: each gesture is one named command with the patches that do it and those that take it back. */

import { applyPatches, enablePatches, type Patch, produceWithPatches } from "immer";
import type { Drawing } from "./document";

enablePatches();

export const MAX_COMMANDS = 200;
/** Typing in one field is one command while the pauses are shorter than this. */
export const MERGE_MS = 1_000;

interface Command {
  /** What the menu says: "Undo rename". */
  name: string;
  /** Commands of one gesture have one: the field that is typed in. "" is never merged. */
  gesture: string;
  at: number;
  patches: Patch[];
  inverse: Patch[];
}

/** A drawing with what led to it and what was taken back. A value: every change answers a new one. */
export interface History {
  drawing: Drawing;
  past: readonly Command[];
  future: readonly Command[];
}

export function begin(drawing: Drawing): History {
  return { drawing, past: [], future: [] };
}

/** Do something to the drawing. Where nothing changed, the same history comes back. */
export function perform(
  history: History,
  name: string,
  recipe: (drawing: Drawing) => void,
  gesture = "",
  now = Date.now(),
): History {
  const [drawing, patches, inverse] = produceWithPatches(history.drawing, (draft) => {
    recipe(draft as Drawing);
  });
  if (patches.length === 0) return history;
  const last = history.past.at(-1);
  if (last !== undefined && gesture !== "" && last.gesture === gesture && now - last.at < MERGE_MS) {
    const merged = {
      ...last,
      at: now,
      patches: [...last.patches, ...patches],
      inverse: [...inverse, ...last.inverse],
    };
    return { drawing, past: [...history.past.slice(0, -1), merged], future: [] };
  }
  const past = [...history.past, { name, gesture, at: now, patches, inverse }].slice(-MAX_COMMANDS);
  return { drawing, past, future: [] };
}

export function undo(history: History): History {
  const last = history.past.at(-1);
  if (last === undefined) return history;
  return {
    drawing: applyPatches(history.drawing, last.inverse),
    past: history.past.slice(0, -1),
    future: [...history.future, last],
  };
}

export function redo(history: History): History {
  const next = history.future.at(-1);
  if (next === undefined) return history;
  return {
    drawing: applyPatches(history.drawing, next.patches),
    past: [...history.past, next],
    future: history.future.slice(0, -1),
  };
}
