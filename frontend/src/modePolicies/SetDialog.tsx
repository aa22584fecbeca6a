import { useId, useState } from "react";
import { guardrailsOf } from "../api/guardrails";
import type { Module } from "../api/recordTypes";
import type { ModePolicy, Rule } from "../api/settingsTypes";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { effectOf, RULES } from "../ui/policyWords";

const FIGURES = { events: "100", hours: "24", agreement: "99" };

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
  const [end, setEnd] = useState("");
  const [figures, setFigures] = useState(FIGURES);
  const id = useId();
  const module = modules.find((one) => one.key === key);
  const set = async () =>
    onSet(
      await guardrailsOf(api).setModePolicy({
        module: key === "" ? null : key,
        rule,
        reason,
        ...(end !== "" && { ends_at: new Date(end).toISOString() }),
        ...(rule === "shadow" && {
          min_events: Number(figures.events),
          min_hours: Number(figures.hours),
          min_agreement: figures.agreement,
        }),
      }),
    );
  const figure = (name: keyof typeof FIGURES, label: string, min: number, max: number, step: number) => (
    <label>
      {label}
      <input
        type="number"
        required
        min={min}
        max={max}
        step={step}
        value={figures[name]}
        onChange={(event) => setFigures({ ...figures, [name]: event.target.value })}
      />
    </label>
  );
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
      {rule === "shadow" && (
        <fieldset className="figures">
          <legend>What the shadow has to come to</legend>
          {figure("events", "Live events, at least", 1, 1_000_000, 1)}
          {figure("hours", "Hours, at least", 0, 2160, 1)}
          {figure("agreement", "Answered alike, % at least", 0.1, 100, 0.1)}
        </fieldset>
      )}
      <p role="status">
        {effectOf(rule, module?.name ?? null)} {boundOf(workflows, key, rule)}
      </p>
      <label className="block">
        Reason
        <input required value={reason} maxLength={300} onChange={(event) => setReason(event.target.value)} />
      </label>
      <label className="block">
        Ends by itself (optional)
        <input type="datetime-local" value={end} onChange={(event) => setEnd(event.target.value)} />
      </label>
    </FormDialog>
  );
}

function boundOf(workflows: readonly Workflow[], module: string, rule: Rule): string {
  const bound = workflows.filter((one) => module === "" || one.module === module);
  if (bound.length === 0) return "No workflow is about it today.";
  const acting = bound.filter((one) => one.mode === "execute").length;
  const count = bound.length === 1 ? "1 workflow is" : `${bound.length} workflows are`;
  if (rule !== "simulate_only") return `${count} bound.`;
  return acting === 0
    ? `${count} bound; none of them acts today.`
    : `${count} bound; ${acting} of them ${acting === 1 ? "acts" : "act"} today and would stop at once.`;
}
