import { useRef, useState } from "react";
import { useModal } from "../ui/useModal";
import { useEditor, useSlice } from "./store";

/** Ask which team the steps go to: one that is there, or a new one. */
export function TeamDialog({ steps }: { steps: readonly string[] }) {
  const { store, actions } = useEditor();
  const dialog = useRef<HTMLDialogElement>(null);
  const drawing = useSlice((state) => state.history.drawing);
  const [team, setTeam] = useState("");
  useModal(dialog);
  const teams = [...new Set(drawing.nodes.map((node) => node.lane ?? "").filter((lane) => lane !== ""))];
  return (
    <dialog
      ref={dialog}
      className="team-dialog"
      aria-labelledby="team-title"
      onClose={() => store.setState({ teamFor: null })}
    >
      <form method="dialog" onSubmit={() => actions.moveToLane(steps, team.trim())}>
        <h2 id="team-title">Move to team</h2>
        <label htmlFor="team-name">Team; empty for none</label>
        <input
          id="team-name"
          list="team-names"
          maxLength={80}
          value={team}
          onChange={(event) => setTeam(event.target.value)}
        />
        <datalist id="team-names">
          {teams.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <p className="buttons">
          <button type="submit" className="primary">
            Move
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}
