import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import { guardrailsOf } from "../api/guardrails";
import type { ChangedMeanwhile, Setting, Settings } from "../api/settingsTypes";
import type { People, WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { NO_REFUSAL, type Refusal, refusalOf } from "../pages/records/refusals";
import { Link } from "../ui/Link";
import { AtOnce } from "./AtOnce";
import { Field } from "./Field";
import { Identity } from "./Identity";
import { Meanwhile } from "./Meanwhile";
import { Retries } from "./Retries";
import {
  changedMeanwhile,
  changesBetween,
  LIMITS,
  NAMES,
  only,
  RETRIES,
  SETTINGS,
  settingsOf,
  wordsOf,
} from "./settings";

const INPUTS = [
  ...SETTINGS,
  ...LIMITS.map(({ key }) => `limits.${key}`),
  ...RETRIES.map(({ key }) => `retry.${key}`),
  ...["limits.at_once", "limits.at_once_per", "limits.when_full"],
];

interface Props {
  workflow: WorkflowDetail;
  people: People;
  onSaved: (workflow: WorkflowDetail) => void;
}

/** The settings as one form. What the reader may not change is there to read, with who may. */
export function SettingsForm({ workflow, people, onSaved }: Props) {
  const { api } = useSite();
  const [seen, setSeen] = useState<Settings>(() => settingsOf(workflow));
  const [mine, setMine] = useState(seen);
  const [refusal, setRefusal] = useState<Refusal>(NO_REFUSAL);
  const [meanwhile, setMeanwhile] = useState<ChangedMeanwhile | null>(null);
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState("");
  const changes = changesBetween(seen, mine);
  const changed = Object.keys(changes) as Setting[];
  const may = (name: Setting) => workflow.may_change.includes(name);
  const set = <Name extends Setting>(name: Name, value: Settings[Name]) => {
    setMine((before) => ({ ...before, [name]: value }));
    setTold("");
  };

  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefusal(NO_REFUSAL);
    setMeanwhile(null);
    try {
      const saved = await guardrailsOf(api).changeSettings(workflow.id, changes, only(seen, changed));
      onSaved(saved);
      setSeen(settingsOf(saved));
      setMine(settingsOf(saved));
      setTold("Saved. It holds from now on.");
    } catch (error) {
      const faster = error instanceof ApiError ? changedMeanwhile(error) : null;
      if (faster === null) setRefusal(refusalOf(error, INPUTS));
      else setMeanwhile(faster);
    }
    setBusy(false);
  };
  /** What theirs is counts as seen from now on; what stands in the form is the reader's choice. */
  const settle = (name: Setting, take: boolean) => {
    if (meanwhile === null) return;
    const theirs = { [name]: meanwhile.now[name] };
    setSeen((before) => ({ ...before, ...theirs }));
    if (take) setMine((before) => ({ ...before, ...theirs }));
    const { [name]: _, ...now } = meanwhile.now;
    setMeanwhile(Object.keys(now).length === 0 ? null : { ...meanwhile, now });
  };
  const text = (name: "name" | "team" | "zone" | "runbook_url", most: number, help?: string) => (
    <Field
      name={NAMES[name]}
      value={wordsOf(name, mine[name])}
      may={may(name)}
      problem={refusal.problems[name]}
      {...(help === undefined ? {} : { help })}
    >
      {(given) => (
        <input
          {...given}
          value={mine[name]}
          required={name === "name" || name === "zone"}
          maxLength={most}
          type={name === "runbook_url" ? "url" : "text"}
          onChange={(event) => set(name, event.target.value)}
        />
      )}
    </Field>
  );
  const person = (name: "owner" | "run_as", help: string) => (
    <Field
      name={NAMES[name]}
      value={wordsOf(name, mine[name])}
      may={may(name)}
      help={help}
      problem={refusal.problems[name]}
    >
      {(given) => (
        <select
          {...given}
          value={mine[name] ?? ""}
          onChange={(event) => set(name, event.target.value === "" ? null : event.target.value)}
        >
          {(name === "run_as" || mine[name] === null) && (
            <option value="">{name === "run_as" ? "who publishes the version" : "nobody"}</option>
          )}
          {withPerson(people, mine[name]).map((one) => (
            <option key={one.username} value={one.username}>
              {one.name === one.username ? one.name : `${one.name} (${one.username})`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <form className="settings" onSubmit={save}>
      <section aria-labelledby="what">
        <h2 id="what">What it is</h2>
        {text("name", 160)}
        <Field
          name={NAMES.description}
          value={wordsOf("description", mine.description)}
          may={may("description")}
          problem={refusal.problems.description}
        >
          {(given) => (
            <textarea
              {...given}
              rows={3}
              maxLength={10_000}
              value={mine.description}
              onChange={(event) => set("description", event.target.value)}
            />
          )}
        </Field>
        {text("team", 80, "Whose process it is; the list can be filtered by it.")}
        {person("owner", "Told when it fails or acts past the gate. They must be able to see it.")}
        {text("zone", 64, "Written like Europe/Berlin: for schedules and dates.")}
        {text("runbook_url", 200, "Where it says what to do when it fails.")}
        <Whose workflow={workflow} of={["name", "owner"]} />
      </section>
      <section aria-labelledby="limits">
        <h2 id="limits">Limits</h2>
        <p className="note">
          Above the first three nothing fails and nothing starts: the runs wait in{" "}
          <Link to="approvals/">Approvals</Link>, with how many and which records. In simulate nothing is
          held. A change holds at once.
        </p>
        {LIMITS.map(({ key, name, unit, most, above, otherwise }) => (
          <Field
            key={key}
            name={name}
            value={mine.limits[key] === undefined ? "–" : String(mine.limits[key])}
            may={may("limits")}
            unit={unit}
            help={`${above} ${otherwise}`}
            problem={refusal.problems[`limits.${key}`]}
          >
            {(given) => (
              <input
                {...given}
                type="number"
                min={1}
                max={most}
                step={1}
                value={mine.limits[key] ?? ""}
                onChange={(event) => {
                  const { [key]: _, ...others } = mine.limits;
                  const typed = event.target.value;
                  set("limits", typed === "" ? others : { ...others, [key]: Number(typed) });
                }}
              />
            )}
          </Field>
        ))}
        <AtOnce
          limits={mine.limits}
          may={may("limits")}
          problems={refusal.problems}
          onChange={(limits) => set("limits", limits)}
        />
        <Whose workflow={workflow} of={["limits"]} />
      </section>
      <Retries
        retry={mine.retry}
        may={may("retry")}
        problems={refusal.problems}
        onChange={(retry) => set("retry", retry)}
      />
      <section aria-labelledby="acts-as">
        <h2 id="acts-as">Whom it acts as</h2>
        {person(
          "run_as",
          "What they may not do, no run does. Best an account of its own, which no person signs in with.",
        )}
        {workflow.rights.includes("run_test") && (
          <Identity workflow={workflow} tried={may("run_as") ? mine.run_as : undefined} />
        )}
        <Whose workflow={workflow} of={["run_as"]} />
      </section>
      {meanwhile !== null && (
        <Meanwhile
          changed={meanwhile}
          mine={mine}
          onTake={(name) => settle(name, true)}
          onKeep={(name) => settle(name, false)}
        />
      )}
      {refusal.message !== "" && (
        <p className="problem" role="alert">
          {refusal.message}
        </p>
      )}
      {workflow.may_change.length > 0 && (
        <div className="settings-foot">
          <button type="submit" className="primary" disabled={busy || changed.length === 0}>
            Save
          </button>
          <button
            type="button"
            disabled={busy || changed.length === 0}
            onClick={() => {
              setMine(seen);
              setMeanwhile(null);
              setRefusal(NO_REFUSAL);
            }}
          >
            Discard
          </button>
          <span className="note" role="status">
            {changed.length > 0
              ? `Not saved yet: ${changed.map((name) => NAMES[name]).join(", ")}.`
              : told || "Nothing is changed."}
          </span>
        </div>
      )}
    </form>
  );
}

const TAKES: Partial<Record<Setting, string>> = {
  name: "Changing this takes the right “edit”.",
  owner: "The owner is named by the owner, an admin, or who may publish it.",
  limits: "The limits take the right “publish”: they hold for the live version at once.",
  run_as: "Whom it acts as takes the right “publish”.",
};

/** Who may change what the reader may not. */
function Whose({ workflow, of }: { workflow: WorkflowDetail; of: readonly Setting[] }) {
  const lacking = of.filter((name) => !workflow.may_change.includes(name));
  if (lacking.length === 0) return null;
  return (
    <p className="note">
      {lacking.map((name) => TAKES[name]).join(" ")} {workflow.owner ?? "An admin"} can share it with you.
    </p>
  );
}

/** The people to choose from, among them who is chosen: the list has its end. */
function withPerson({ people }: People, chosen: string | null): People["people"] {
  if (chosen === null || people.some((one) => one.username === chosen)) return people;
  return [{ username: chosen, name: chosen }, ...people];
}
