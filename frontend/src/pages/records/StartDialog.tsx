import { useCallback, useRef, useState } from "react";
import { guardrailsOf } from "../../api/guardrails";
import type { Module } from "../../api/recordTypes";
import { requestName } from "../../api/requestName";
import type { ManualStart } from "../../api/settingsTypes";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { type Answers, Questions } from "../../approvals/Questions";
import { ModeChip } from "../../ui/chips";
import { FormDialog, Refused } from "../../ui/FormDialog";
import { Show } from "../../ui/Page";

interface Props {
  module: Module;
  keys: string[];
  onStarted: (done: { workflow: number; name: string; events: number[]; held: boolean }) => void;
  onClose: () => void;
}

/** Chooses the workflow, answers what it asks, and says before whether so many at once would wait. */
export function StartDialog({ module, keys, onStarted, onClose }: Props) {
  const { api } = useSite();
  const sent = useRef({ body: "", key: "" });
  const [chosen, setChosen] = useState<number | null>(null);
  const [answers, setAnswers] = useState<Answers>({});
  const load = useCallback(
    (signal: AbortSignal) => guardrailsOf(api).manualStarts(module.key, keys.length, signal),
    [api, module.key, keys.length],
  );
  const [loaded, again] = useLoad(load);
  const starts = loaded.state === "ready" ? loaded.value : [];
  const start = starts.find((one) => one.workflow === chosen) ?? starts[0];
  const begin = async () => {
    if (start === undefined) throw new Refused("No workflow can be started on these by hand.");
    const body = { records: keys, input: answers };
    const text = JSON.stringify([start.workflow, body]);
    // The same request keeps its name, so that an answer that was lost on the way starts nothing twice.
    if (sent.current.body !== text) sent.current = { body: text, key: `start-${requestName()}` };
    const { events } = await guardrailsOf(api).startMany(start.workflow, body, sent.current.key);
    onStarted({ workflow: start.workflow, name: start.name, events, held: start.held !== null });
  };
  const count = keys.length === 1 ? "1 record" : `${keys.length} records`;
  return (
    <FormDialog
      title={`Start a workflow on ${count}`}
      button={start?.held ? "Ask to start" : "Start"}
      onDo={begin}
      onClose={onClose}
    >
      <Show loaded={loaded} again={again} rows={2}>
        {() => (
          <>
            <label className="block">
              Workflow
              <select
                value={start?.workflow ?? ""}
                onChange={(event) => {
                  setChosen(Number(event.target.value));
                  setAnswers({});
                }}
              >
                {starts.map((one) => (
                  <option key={one.workflow} value={one.workflow}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
            {start !== undefined && <Foreseen start={start} count={count} />}
            {start !== undefined && <Questions schema={start.form} value={answers} onChange={setAnswers} />}
          </>
        )}
      </Show>
    </FormDialog>
  );
}

function Foreseen({ start, count }: { start: ManualStart; count: string }) {
  return (
    <p role="status">
      <ModeChip mode={start.mode} />{" "}
      {start.mode === "simulate"
        ? `It is tried on ${count} and changes nothing.`
        : start.held === null
          ? `It begins on ${count} at once. Up to ${start.blast_radius} may start together.`
          : `⚠ ${start.held.sentence} If the trigger takes all of them, they wait until somebody else who may approve agrees.`}
    </p>
  );
}
