import { MAX_NOTE_LENGTH, noteKey } from "../graph/notes";
import { useActions, useSlice } from "./store";
import { useWorld } from "./world";

/** The notes of the graph, as a list. */
export function OutlineNotes() {
  const actions = useActions();
  const { readOnly } = useWorld();
  const notes = useSlice((state) => state.history.drawing.notes);
  if (notes.length === 0) return null;
  return (
    <section className="outline-notes" aria-labelledby="outline-notes">
      <h2 id="outline-notes">Notes</h2>
      <ul>
        {notes.map((note, index) => (
          <li key={note.id} data-testid={noteKey(note)}>
            <textarea
              aria-label={`Note ${index + 1}`}
              rows={2}
              maxLength={MAX_NOTE_LENGTH}
              value={note.text}
              readOnly={readOnly}
              onChange={(event) => actions.writeNote(noteKey(note), event.target.value)}
            />
            {!readOnly && (
              <button
                type="button"
                aria-label={`Delete note ${index + 1}`}
                onClick={() => actions.remove([noteKey(note)])}
              >
                Delete
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
