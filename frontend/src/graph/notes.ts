/** Notes on the graph: texts that people read and nothing runs. The editor names one “note:n1” beside the steps. */

import type { Drawing, Note, Place } from "./document";

export const MAX_NOTES = 100;
export const MAX_NOTE_LENGTH = 2_000;
export const LEAST_NOTE = { width: 120, height: 60 };
const FIRST = { width: 220, height: 110 };
const MARK = "note:";

/** How the editor names a note among the chosen; no step's id has a colon. */
export function noteKey(note: Note): string {
  return MARK + note.id;
}

export function isNoteKey(key: string): boolean {
  return key.startsWith(MARK);
}

export function noteOf(drawing: Drawing, key: string): Note | undefined {
  return isNoteKey(key) ? drawing.notes.find((note) => noteKey(note) === key) : undefined;
}

export function freeNoteId(notes: readonly Note[]): string {
  const used = new Set(notes.map((note) => note.id));
  let number = 1;
  while (used.has(`n${number}`)) number += 1;
  return `n${number}`;
}

/** Add an empty note. Answers its key, or "" where there is no room for another. */
export function addNote(drawing: Drawing, place: Place): string {
  if (drawing.notes.length >= MAX_NOTES) return "";
  const note: Note = { id: freeNoteId(drawing.notes), text: "", ...rounded(place), ...FIRST };
  drawing.notes.push(note);
  return noteKey(note);
}

export function writeNote(drawing: Drawing, key: string, text: string): void {
  const note = noteOf(drawing, key);
  if (note !== undefined) note.text = [...text].slice(0, MAX_NOTE_LENGTH).join("");
}

export function resizeNote(drawing: Drawing, key: string, size: { width: number; height: number }): void {
  const note = noteOf(drawing, key);
  if (note === undefined) return;
  note.width = Math.max(LEAST_NOTE.width, Math.round(size.width));
  note.height = Math.max(LEAST_NOTE.height, Math.round(size.height));
}

export function removeNotes(drawing: Drawing, keys: readonly string[]): void {
  for (let at = drawing.notes.length - 1; at >= 0; at -= 1) {
    const note = drawing.notes[at];
    if (note !== undefined && keys.includes(noteKey(note))) drawing.notes.splice(at, 1);
  }
}

/** Add notes under free ids, a little aside, as many as there is room for. Answers their keys. */
export function pasteNotes(drawing: Drawing, notes: readonly Note[]): string[] {
  return notes.slice(0, MAX_NOTES - drawing.notes.length).map((note) => {
    const copy = { ...note, id: freeNoteId(drawing.notes), x: note.x + 40, y: note.y + 40 };
    drawing.notes.push(copy);
    return noteKey(copy);
  });
}

export function rounded({ x, y }: Place): Place {
  return { x: Math.round(x), y: Math.round(y) };
}
