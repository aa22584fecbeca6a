import { useId, useState } from "react";
import { guardrailsOf } from "../api/guardrails";
import type { Module } from "../api/recordTypes";
import type { ModePolicy, Rule } from "../api/settingsTypes";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { effectOf, RULES } from "../ui/policyWords";

interface Props {
  modules: readonly Module[];
  workflows: readonly Workflow[];
  onSet: (policy: ModePolicy) => void;
  onClose: () => void;
}

/** Demands something of the workflows on one module, or of all; says whom it would bind before it does. */
export function SetDialog({ modules, workflows, onSet, onClose }: Props) {
  const { api } = useSite();
  const [rule, setRule] = useState<Rule>("simulate_only");
  const [key, setKey] = useState("");
  const [reason, setReason] = useState("");
  const id = useId();
  const module = modules.find((one) => one.key === key);
  const set = async () =>
    onSet(await guardrailsOf(api).setModePolicy({ module: key === "" ? null : key, rule, reason }));
  return (
    <FormDialog title="Set a mode policy" button="Set" onDo={set} onClose={onClose}>
      <fieldset className="rules">
        <legend>What is demanded</legend>
        {(Object.keys(RULES) as Rule[]).map((one) => (
          <label key={one}>
            <input type="radio" name={`${id}-rule`} checked={rule === one} onChange={() => setRule(one)} />
            {RULES[one]}
          </label>
        ))}
      </fieldset>
      <label className="block">
        Of which workflows
        <select value={key} onChange={(event) => setKey(event.target.value)}>
          <option value="">All of them</option>
          {modules.map((one) => (
            <option key={one.key} value={one.key}>
              Those on {one.name}
            </option>
          ))}
        </select>
      </label>
      <p role="status">
        {effectOf(rule, module?.name ?? null)} {boundOf(workflows, key, rule)}
      </p>
      <label className="block">
        Reason
        <input required value={reason} maxLength={300} onChange={(event) => setReason(event.target.value)} />
      </label>
    </FormDialog>
  );
}

function boundOf(workflows: readonly Workflow[], module: string, rule: Rule): string {
  const bound = workflows.filter((one) => module === "" || one.module === module);
  if (bound.length === 0) return "No workflow is about it today.";
  const acting = bound.filter((one) => one.mode === "execute").length;
  const count = bound.length === 1 ? "1 workflow is" : `${bound.length} workflows are`;
  if (rule === "four_eyes") return `${count} bound.`;
  return acting === 0
    ? `${count} bound; none of them acts today.`
    : `${count} bound; ${acting} of them ${acting === 1 ? "acts" : "act"} today and would stop at once.`;
}
