import { useCallback, useId, useState } from "react";
import { ApiError } from "../../api/client";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { FormDialog, Refused } from "../../ui/FormDialog";
import { useEditor } from "../store";
import { useWorld } from "../world";
import { ActingAs } from "./fields";
import {
  changesOf,
  readExpected,
  readGiven,
  type ScenarioKind,
  scenariosOf,
  type WholeScenario,
} from "./scenarios";
import "./scenarios.css";

interface Props {
  /** Which one, by its id. */
  scenario: number;
  onClose: () => void;
  onSaved: () => void;
}

/** Changes a scenario that there is: its name, what is given and expected, as whom and when. */
export function EditDialog({ scenario, onClose, onSaved }: Props) {
  const { api } = useSite();
  const { workflow } = useWorld();
  const load = useCallback(
    (signal: AbortSignal) => scenariosOf(api, workflow.id).get(scenario, signal),
    [api, workflow.id, scenario],
  );
  const [loaded] = useLoad(load);
  if (loaded.state === "ready") return <Form before={loaded.value} onClose={onClose} onSaved={onSaved} />;
  return (
    <FormDialog title="Edit scenario" button="Save changes" onDo={async () => undefined} onClose={onClose}>
      <p className="note">{loaded.state === "failed" ? loaded.message : "Loading…"}</p>
    </FormDialog>
  );
}

function Form({ before, onClose, onSaved }: { before: WholeScenario } & Omit<Props, "scenario">) {
  const { api } = useSite();
  const { actions } = useEditor();
  const { workflow } = useWorld();
  const [name, setName] = useState(before.name);
  const [kind, setKind] = useState<ScenarioKind>(before.kind);
  const [who, setWho] = useState({ as_user: before.as_user, as_role: before.as_role, at: before.at });
  const [given, setGiven] = useState(text(before.given));
  const [expected, setExpected] = useState(text(before.expected));
  const [said, setSaid] = useState("");
  const id = useId();
  const scenarios = scenariosOf(api, workflow.id);

  const retake = async () => {
    const read = readGiven(given);
    if (typeof read === "string") return setSaid(read);
    try {
      const seen = await scenarios.propose({ given: read, ...who });
      setExpected(text(seen.expected));
      setKind(seen.kind);
      setSaid("What the draft does now stands under “What is expected”.");
    } catch (error) {
      setSaid(error instanceof ApiError ? error.message : "It could not be tried.");
    }
  };
  const save = async () => {
    const [held, hoped] = [readGiven(given), readExpected(expected)];
    if (typeof held === "string") throw new Refused(held);
    if (typeof hoped === "string") throw new Refused(hoped);
    const changes = changesOf(before, { name: name.trim(), kind, given: held, expected: hoped, ...who });
    await scenarios.change(before.id, changes).catch((error: unknown) => {
      const [first] = error instanceof ApiError ? error.problems : [];
      throw first === undefined ? error : new Refused(`${first.message} ${first.hint}`);
    });
    await scenarios.run().catch(() => undefined); // it is changed all the same; Run all tells what is wrong
    actions.say(`“${name.trim()}” changed.`);
    onSaved();
  };
  const option = (value: ScenarioKind, label: string) => (
    <label>
      <input type="radio" name={`${id}-kind`} checked={kind === value} onChange={() => setKind(value)} />
      {label}
    </label>
  );
  return (
    <FormDialog title="Edit scenario" button="Save changes" wide onDo={save} onClose={onClose}>
      <div className="scenario-form">
        <label className="block">
          Name
          <input required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <fieldset>
          <legend>Should it fire?</legend>
          {option("positive", "It should: it does something with this")}
          {option("negative", "It should not: it leaves this alone")}
        </fieldset>
        <ActingAs asked={who} at={who.at} onChange={(changes) => setWho({ ...who, ...changes })} />
        <label className="block">
          What is given, as JSON
          <textarea
            rows={7}
            maxLength={200_000}
            spellCheck={false}
            value={given}
            onChange={(event) => setGiven(event.target.value)}
          />
        </label>
        <label className="block">
          What is expected, as JSON
          <textarea
            rows={7}
            maxLength={200_000}
            spellCheck={false}
            value={expected}
            onChange={(event) => setExpected(event.target.value)}
          />
        </label>
        <p>
          <button type="button" onClick={retake}>
            Expect what the draft does now
          </button>
        </p>
        <p className="note" role="status">
          {said}
        </p>
        <p className="note">
          Another name changes nothing else. Anything more makes what it came to until now void: that spoke of
          another case.
        </p>
      </div>
    </FormDialog>
  );
}

function text(value: unknown): string {
  return JSON.stringify(value ?? {}, null, 2);
}
