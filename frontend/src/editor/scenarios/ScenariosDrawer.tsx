import { useState } from "react";
import { ApiError } from "../../api/client";
import { useSite } from "../../app/context";
import { nodeOf } from "../../graph/operations";
import { dateTime } from "../../ui/format";
import type { Bench } from "../bench";
import { useEditor, useSlice } from "../store";
import { nameOf, useWorld } from "../world";
import { EditDialog } from "./EditDialog";
import { kindWord, type Scenario, type ScenarioResult, scenariosOf, summary } from "./scenarios";
import type { Scenarios } from "./useScenarios";
import "./scenarios.css";

interface Props {
  bench: Bench;
  scenarios: Scenarios;
  /** Write one by hand. */
  onNew: () => void;
}

/** The saved tests of this workflow, with what each came to on the draft as it is saved. */
export function ScenariosDrawer({ bench, scenarios, onNew }: Props) {
  const { api } = useSite();
  const { actions } = useEditor();
  const { workflow, readOnly } = useWorld();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState("");
  const [editing, setEditing] = useState<number | null>(null);
  const { rows, trouble, again } = scenarios;
  const may = workflow.rights.includes("run_test");

  const runAll = async () => {
    setBusy(true);
    setRefused("");
    try {
      await bench.save();
      const ran = await scenariosOf(api, workflow.id).run();
      actions.say(`${ran.passed} of ${ran.passed + ran.failed} scenarios pass.`);
      again();
    } catch (error) {
      setRefused(error instanceof ApiError ? error.message : "The scenarios could not be run.");
    }
    setBusy(false);
  };
  if (rows === null)
    return trouble === "" ? <p className="note">Loading…</p> : <Trouble text={trouble} again={again} />;
  return (
    <>
      <div className="scenarios-head">
        {rows.length > 0 && <strong>{summary(rows.map((row) => row.draft))}</strong>}
        {rows.length > 0 && may && (
          <button type="button" disabled={busy} onClick={runAll}>
            {busy ? "Running…" : "Run all"}
          </button>
        )}
        {!readOnly && may && (
          <button type="button" onClick={onNew}>
            Write one as JSON…
          </button>
        )}
      </div>
      {(refused !== "" || trouble !== "") && <p className="problem">{refused || trouble}</p>}
      {rows.length === 0 ? (
        <p className="note">
          No scenarios yet. A scenario keeps a case with what should come of it, so that a change that breaks
          it is seen at once. Run a test, then press “Save as scenario”.
        </p>
      ) : (
        <>
          <ul className="scenarios" aria-label="Scenarios">
            {rows.map((row) => (
              <Row
                key={row.id}
                row={row}
                onGone={again}
                onOpen={() => openAsSample(bench, row)}
                onEdit={() => setEditing(row.id)}
              />
            ))}
          </ul>
          {!readOnly && may && (
            <p className="note">For another, run a test and press “Save as scenario” beside a record.</p>
          )}
        </>
      )}
      {editing !== null && <EditDialog scenario={editing} onClose={() => setEditing(null)} onSaved={again} />}
    </>
  );
}

function openAsSample(bench: Bench, row: Scenario) {
  bench.testOn({ kind: "scenario", id: row.id, name: row.name });
}

interface RowProps {
  row: Scenario;
  onGone: () => void;
  onOpen: () => void;
  onEdit: () => void;
}

function Row({ row, onGone, onOpen, onEdit }: RowProps) {
  const { workflow, readOnly } = useWorld();
  const may = workflow.rights.includes("run_test") && workflow.rights.includes("view_payloads");
  const as = row.as_user || (row.as_role && `the role ${row.as_role}`);
  return (
    <li>
      <ResultMark status={row.draft.status} />
      <div>
        <strong>{row.name}</strong> <span className="chip">{kindWord(row.kind)}</span>
        <p className="note">
          {as !== "" && `As ${as}. `}Its clock stands at {dateTime(row.at)}.
          {row.live !== null && ` On the live version: ${WORDS[row.live.status]}.`}
        </p>
        <Differences result={row.draft} />
      </div>
      <div className="scenario-buttons">
        {may && (
          <button type="button" aria-label={`Open as sample “${row.name}”`} onClick={onOpen}>
            Open as sample
          </button>
        )}
        {!readOnly && workflow.rights.includes("view_payloads") && (
          <button type="button" aria-label={`Edit “${row.name}”`} onClick={onEdit}>
            Edit…
          </button>
        )}
        {!readOnly && <Delete row={row} onGone={onGone} />}
      </div>
    </li>
  );
}

const WORDS: Record<ScenarioResult["status"], string> = {
  passed: "passes",
  failed: "fails",
  not_run: "not run yet",
};
const MARKS: Record<ScenarioResult["status"], string> = { passed: "✓", failed: "✕", not_run: "○" };

function ResultMark({ status }: { status: ScenarioResult["status"] }) {
  return (
    <span className={`scenario-${status}`}>
      <span aria-hidden="true">{MARKS[status]}</span> {WORDS[status]}
    </span>
  );
}

/** In what the draft differs from what is expected, each with the step that it is about. */
function Differences({ result }: { result: ScenarioResult }) {
  const { actions } = useEditor();
  const { kinds } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  if (result.status !== "failed") return null;
  if (result.differences === null)
    return <p className="note">You may not see in what it differs: that tells values of records.</p>;
  return (
    <ul className="differences">
      {result.differences.map((difference) => {
        const node = nodeOf(drawing, difference.node);
        return (
          <li key={`${difference.node} ${difference.message}`}>
            {difference.message}{" "}
            {node !== undefined && (
              <button type="button" className="as-link" onClick={() => actions.select([node.id])}>
                Show {nameOf(node, kinds)}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Asks once more: what is deleted does not come back. */
function Delete({ row, onGone }: { row: Scenario; onGone: () => void }) {
  const { api } = useSite();
  const { actions } = useEditor();
  const { workflow } = useWorld();
  const [asking, setAsking] = useState(false);
  const remove = () =>
    scenariosOf(api, workflow.id)
      .remove(row.id)
      .then(
        () => {
          actions.say(`“${row.name}” deleted.`);
          onGone();
        },
        (error: unknown) => {
          actions.say(error instanceof ApiError ? error.message : "It could not be deleted.");
          setAsking(false);
        },
      );
  if (!asking)
    return (
      <button type="button" aria-label={`Delete ${row.name}`} onClick={() => setAsking(true)}>
        Delete
      </button>
    );
  return (
    <>
      <button type="button" onClick={remove}>
        Delete it for good
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        Keep it
      </button>
    </>
  );
}

function Trouble({ text, again }: { text: string; again: () => void }) {
  return (
    <p className="problem">
      {text}{" "}
      <button type="button" onClick={again}>
        Try again
      </button>
    </p>
  );
}
