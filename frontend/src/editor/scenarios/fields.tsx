import { useId } from "react";
import { useWorld } from "../world";
import {
  type Expected,
  effectLines,
  localMoment,
  type Naming,
  type Proposal,
  pathLines,
  type ScenarioKind,
  type Source,
} from "./scenarios";

/** Which parts of what was seen are expected. */
export interface Parts {
  path: boolean;
  effects: boolean;
  outcome: boolean;
}

interface FireProps {
  kind: ScenarioKind;
  seen: Proposal;
  onChange: (kind: ScenarioKind) => void;
}

export function ShouldFire({ kind, seen, onChange }: FireProps) {
  const name = useId();
  const option = (value: ScenarioKind, label: string) => (
    <label>
      <input type="radio" name={name} checked={kind === value} onChange={() => onChange(value)} />
      {label}
    </label>
  );
  return (
    <fieldset>
      <legend>Should it fire?</legend>
      {option("positive", "It should: it does something with this")}
      {option("negative", "It should not: it leaves this alone")}
      <p className="note">
        {seen.kind === "positive" ? "Now it fires." : `Now it does not fire. ${seen.why_not}`}
      </p>
    </fieldset>
  );
}

interface AsProps {
  asked: Source;
  at: string;
  onChange: (changes: Pick<Source, "as_user" | "as_role" | "at">) => void;
}

/** Whose rights it acts with, and the moment at which its clock stands. */
export function ActingAs({ asked, at, onChange }: AsProps) {
  const { people, workflow } = useWorld();
  const id = useId();
  const chosen = asked.as_user ? `user ${asked.as_user}` : asked.as_role ? `role ${asked.as_role}` : "";
  const usual = workflow.run_as === null ? "the workflow itself" : `${workflow.run_as}, as the workflow does`;
  const choose = (value: string) => {
    const [kind, ...words] = value.split(" ");
    const who = words.join(" ");
    onChange({ as_user: kind === "user" ? who : "", as_role: kind === "role" ? who : "" });
  };
  return (
    <div className="scenario-how">
      <label htmlFor={`${id}-as`}>Acts as</label>
      <select id={`${id}-as`} value={chosen} onChange={(event) => choose(event.target.value)}>
        <option value="">{usual}</option>
        <optgroup label="A role">
          {people.groups.map((group) => (
            <option key={group} value={`role ${group}`}>
              {group}
            </option>
          ))}
        </optgroup>
        <optgroup label="A person">
          {people.people.map((person) => (
            <option key={person.username} value={`user ${person.username}`}>
              {person.name}
            </option>
          ))}
        </optgroup>
      </select>
      <label htmlFor={`${id}-at`}>Its clock stands at</label>
      <input
        id={`${id}-at`}
        type="datetime-local"
        step={1}
        required
        defaultValue={localMoment(at)}
        onBlur={(event) => {
          const typed = event.target.value;
          if (typed !== "" && typed !== localMoment(at)) onChange({ at: new Date(typed).toISOString() });
        }}
      />
    </div>
  );
}

interface ExpectProps {
  expected: Expected;
  parts: Parts;
  named: Naming;
  onChange: (parts: Parts) => void;
}

/** What the draft did, as what is expected from now on; each part can be left out. */
export function Expectations({ expected, parts, named, onChange }: ExpectProps) {
  const shown: [keyof Parts, string, string[]][] = [];
  const ways = pathLines(expected, named);
  if (ways.length > 0) shown.push(["path", "It goes this way", ways]);
  if (expected.effects !== undefined) {
    const effects = effectLines(expected, named);
    shown.push([
      "effects",
      effects.length > 0 ? "It does exactly this" : "It changes and tells nothing",
      effects,
    ]);
  }
  if (expected.outcome !== undefined) shown.push(["outcome", `It ends as ${expected.outcome}`, []]);
  if (shown.length === 0) return null;
  const fails = expected.outcome === "failed";
  return (
    <fieldset>
      <legend>What is expected</legend>
      {fails && (
        <p className="finding">
          ⚠ The draft fails on this now, and the scenario would expect that it fails. Save it only if it
          should.
        </p>
      )}
      {shown.map(([part, label, lines]) => (
        <div key={part}>
          <label>
            <input
              type="checkbox"
              checked={parts[part]}
              onChange={(event) => onChange({ ...parts, [part]: event.target.checked })}
            />
            {label}
          </label>
          {lines.length > 0 && (
            <ul>
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          )}
        </div>
      ))}
    </fieldset>
  );
}
