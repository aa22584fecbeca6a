import { useState } from "react";
import { alertsOf, type NewStandstill } from "../api/alerts";
import type { Module } from "../api/recordTypes";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import type { Standstill } from "./types";

interface Props {
  modules: Module[];
  workflows: Workflow[];
  /** May choose more than one workflow. */
  admin: boolean;
  only: Workflow | undefined;
  onSet: (made: Standstill) => void;
  onClose: () => void;
}

type Scope = "everything" | "module" | "team" | "workflow";

/** Says what is to stand still, why and for how long. */
export function StandstillDialog({ modules, workflows, admin, only, onSet, onClose }: Props) {
  const { api } = useSite();
  const [scope, setScope] = useState<Scope>(admin && only === undefined ? "everything" : "workflow");
  const [chosen, setChosen] = useState(only === undefined ? "" : String(only.id));
  const [reason, setReason] = useState("");
  const [start, setStart] = useState("");
  const [end, setEnd] = useState("");
  const teams = [...new Set(workflows.map((one) => one.team).filter((one) => one !== ""))].sort();
  const set = async () => {
    const body: NewStandstill = {
      reason,
      ...(scope === "module" && { module: chosen }),
      ...(scope === "team" && { team: chosen }),
      ...(scope === "workflow" && { workflow: Number(chosen) }),
      ...(start !== "" && { starts_at: new Date(start).toISOString() }),
      ...(end !== "" && { ends_at: new Date(end).toISOString() }),
    };
    onSet(await alertsOf(api).standStill(body));
  };
  const choices: Record<Exclude<Scope, "everything">, [string, [string, string][]]> = {
    module: ["Which module", modules.map((one) => [one.key, one.name])],
    team: ["Which team", teams.map((one) => [one, one])],
    workflow: ["Which workflow", workflows.map((one) => [String(one.id), one.name])],
  };
  const asked = scope === "everything" || only !== undefined ? null : choices[scope];
  return (
    <FormDialog
      title={only === undefined ? "Let something stand still" : `Let “${only.name}” stand still`}
      button="Stand still"
      onDo={set}
      onClose={onClose}
    >
      <p>
        Its triggers judge nothing meanwhile. Events are kept and judged afterwards; runs that have begun go
        on. Times are those of your clock.
      </p>
      {admin && only === undefined && (
        <label className="block">
          What
          <select
            value={scope}
            onChange={(event) => {
              setScope(event.target.value as Scope);
              setChosen("");
            }}
          >
            <option value="everything">Everything</option>
            <option value="module">All workflows of a module</option>
            <option value="team">All workflows of a team</option>
            <option value="workflow">One workflow</option>
          </select>
        </label>
      )}
      {asked !== null && (
        <label className="block">
          {asked[0]}
          <select required value={chosen} onChange={(event) => setChosen(event.target.value)}>
            <option value="">Choose…</option>
            {asked[1].map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="block">
        Why
        <input required maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      <label className="block">
        From (empty: now)
        <input type="datetime-local" value={start} onChange={(event) => setStart(event.target.value)} />
      </label>
      <label className="block">
        To (empty: until somebody lets it go on)
        <input type="datetime-local" value={end} onChange={(event) => setEnd(event.target.value)} />
      </label>
    </FormDialog>
  );
}
