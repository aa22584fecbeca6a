import { useState } from "react";
import { FormDialog } from "../ui/FormDialog";
import { useEditor, useSlice } from "./store";

/** Ask which team the steps go to: one that is there, or a new one. */
export function TeamDialog({ steps }: { steps: readonly string[] }) {
  const { store, actions } = useEditor();
  const drawing = useSlice((state) => state.history.drawing);
  const [team, setTeam] = useState("");
  const teams = [...new Set(drawing.nodes.map((node) => node.lane ?? "").filter((lane) => lane !== ""))];
  return (
    <FormDialog
      title="Move to team"
      button="Move"
      onDo={async () => actions.moveToLane(steps, team.trim())}
      onClose={() => store.setState({ teamFor: null })}
    >
      <label className="block">
        Team; empty for none
        <input
          list="team-names"
          maxLength={80}
          value={team}
          onChange={(event) => setTeam(event.target.value)}
        />
      </label>
      <datalist id="team-names">
        {teams.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </FormDialog>
  );
}
