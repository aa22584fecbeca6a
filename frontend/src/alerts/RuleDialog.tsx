import { useId, useState } from "react";
import { alertsOf } from "../api/alerts";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import type { AlertRule, Kind, KindFacts, RuleBody } from "./types";
import { spanWords, windowLabel, windowWords } from "./words";

interface Props {
  kinds: KindFacts[];
  workflows: Workflow[];
  admin: boolean;
  /** The workflow that the page is about. */
  about: number | null;
  /** The one that is changed; without it a new one is made. */
  rule?: AlertRule;
  onSaved: (rule: AlertRule) => void;
  onClose: () => void;
}

const FRESH: RuleBody = {
  name: "",
  raise_at: 3,
  clear_at: 0,
  window_seconds: 900,
  hold_seconds: 0,
  least: 1,
  breaks: false,
  retry_minutes: null,
};
const USUAL: Record<Kind, Partial<RuleBody>> = {
  failures: { raise_at: 3, clear_at: 0 },
  failure_ratio: { raise_at: 30, clear_at: 10, least: 10 },
  silence: { raise_at: 1_440, clear_at: 1_439 },
  dead_letters: { raise_at: 10, clear_at: 0 },
  approvals_overdue: { raise_at: 1, clear_at: 0, window_seconds: 14_400 },
  needs_review: { raise_at: 1, clear_at: 0, window_seconds: 3_600 },
  queue_lag: { raise_at: 60, clear_at: 10 },
  noisy_trigger: { raise_at: 500, clear_at: 250 },
};

/** Says what is to be watched, and reads it back as a sentence before it is saved. */
export function RuleDialog({ kinds, workflows, admin, about, rule, onSaved, onClose }: Props) {
  const { api } = useSite();
  const id = useId();
  const [kind, setKind] = useState<Kind>(rule?.kind ?? "failures");
  const [place, setPlace] = useState(String(about ?? workflows[0]?.id ?? ""));
  const [body, setBody] = useState<RuleBody>(rule ?? { ...FRESH, ...USUAL.failures });
  const facts = kinds.find((one) => one.kind === kind);
  const everything = facts?.of_everything ?? false;
  const set = (change: Partial<RuleBody>) => setBody((before) => ({ ...before, ...change }));
  const choose = (next: Kind) => {
    setKind(next);
    set({ ...FRESH, name: body.name, ...USUAL[next] });
  };
  const save = async () => {
    const { name, raise_at, clear_at, window_seconds, hold_seconds, least, retry_minutes } = body;
    const breaks = body.breaks && (facts?.breaks ?? false);
    const said = { raise_at, clear_at, window_seconds, hold_seconds, least, breaks };
    const told = {
      ...said,
      name: name || (facts?.title ?? ""),
      retry_minutes: breaks ? retry_minutes : null,
    };
    const alerts = alertsOf(api);
    if (rule !== undefined) onSaved(await alerts.changeRule(rule.id, told));
    else {
      const workflow = everything || place === "all" ? null : Number(place);
      onSaved(await alerts.makeRule({ ...told, kind, workflow, team: "" }));
    }
  };
  return (
    <FormDialog
      title={rule === undefined ? "Watch something" : `Change “${rule.name}”`}
      button={rule === undefined ? "Watch" : "Save"}
      onDo={save}
      onClose={onClose}
    >
      {rule === undefined && (
        <>
          <label className="block">
            What
            <select value={kind} onChange={(event) => choose(event.target.value as Kind)}>
              {kinds
                .filter((one) => admin || !one.of_everything)
                .map((one) => (
                  <option key={one.kind} value={one.kind}>
                    {one.title}
                  </option>
                ))}
            </select>
          </label>
          {!everything && (
            <label className="block">
              Of which workflow
              <select value={place} onChange={(event) => setPlace(event.target.value)}>
                {admin && <option value="all">All of them</option>}
                {workflows.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </>
      )}
      <label className="block">
        Name
        <input
          value={body.name}
          placeholder={facts?.title}
          maxLength={120}
          onChange={(event) => set({ name: event.target.value })}
        />
      </label>
      <div className="numbers">
        <Figure
          label={`Raised at (${facts?.unit})`}
          value={body.raise_at}
          onChange={(raise_at) => set({ raise_at })}
        />
        <Figure label="Over at" value={body.clear_at} onChange={(clear_at) => set({ clear_at })} />
        {facts?.window !== "" && (
          <Figure
            label={`${windowLabel(facts)} (minutes)`}
            value={body.window_seconds / 60}
            onChange={(minutes) => set({ window_seconds: Math.round(minutes * 60) })}
          />
        )}
        <Figure
          label="For at least (minutes)"
          value={body.hold_seconds / 60}
          onChange={(minutes) => set({ hold_seconds: Math.round(minutes * 60) })}
        />
        {kind === "failure_ratio" && (
          <Figure label="Of at least (runs)" value={body.least} onChange={(least) => set({ least })} />
        )}
      </div>
      {facts?.breaks && (
        <label className="check">
          <input
            type="checkbox"
            checked={body.breaks}
            onChange={(event) => set({ breaks: event.target.checked })}
          />
          Take the workflow back to simulate
        </label>
      )}
      {facts?.breaks && body.breaks && (
        <Figure
          label="Try one run by itself after (minutes; 0: when somebody says so)"
          value={body.retry_minutes ?? 0}
          onChange={(minutes) => set({ retry_minutes: minutes > 0 ? Math.round(minutes) : null })}
        />
      )}
      <p role="status" id={`${id}-read`}>
        {readBack(body, facts)}
      </p>
    </FormDialog>
  );
}

interface Counting {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

function Figure({ label, value, onChange }: Counting) {
  return (
    <label className="block">
      {label}
      <input
        type="number"
        min={0}
        step="any"
        required
        value={Number.isNaN(value) ? "" : value}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
    </label>
  );
}

function readBack(body: RuleBody, facts: KindFacts | undefined): string {
  const { raise_at, clear_at, hold_seconds, breaks, retry_minutes } = body;
  const span = windowWords(facts, body.window_seconds);
  const held = hold_seconds > 0 ? ` for ${spanWords(hold_seconds)}` : "";
  const broken = !breaks || !facts?.breaks ? "" : " The workflow is taken back to simulate.";
  const tried =
    broken !== "" && retry_minutes !== null ? ` One run is tried after ${retry_minutes} minutes.` : "";
  return `The owner is told once when there are ${raise_at} ${facts?.unit ?? ""}${span}${held}, and again when there are ${clear_at} or less.${broken}${tried}`;
}
