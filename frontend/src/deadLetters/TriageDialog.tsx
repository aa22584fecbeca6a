import { useEffect, useId, useState } from "react";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { type CauseDetail, STATES, type TriageState } from "./types";
import "./deadLetters.css";

interface Props {
  cause: CauseDetail;
  onDone: () => void;
  onClose: () => void;
}

const FIXES = { active: "in the active version", outside: "outside of the workflow" } as const;

/** How a cause stands, whose it is, and which version mends it. */
export function TriageDialog({ cause, onDone, onClose }: Props) {
  const { api } = useSite();
  const id = useId();
  const mine = cause.workflows.filter((one) => one.may_triage);
  const [first] = mine;
  const [workflow, setWorkflow] = useState("");
  // Who opens it for what nobody looks at yet most often is about to.
  const [state, setState] = useState<TriageState>(cause.state === "new" ? "looking" : cause.state);
  const [fix, setFix] = useState<keyof typeof FIXES>("active");
  const [assignee, setAssignee] = useState(first?.assignee ?? "");
  const [note, setNote] = useState(first?.note ?? "");
  const taken = cause.state !== "new" || (first?.assignee ?? "") !== "";
  useEffect(() => {
    if (taken) return;
    const left = new AbortController();
    api.me(left.signal).then(
      (me) => setAssignee((before) => before || me.username),
      () => {}, // it can be typed
    );
    return () => left.abort();
  }, [api, taken]);
  const send = async () => {
    await api.send("POST", `dead-letters/${cause.fingerprint}/triage/`, {
      ...(workflow === "" ? {} : { workflow: Number(workflow) }),
      state,
      ...(state === "fixed" ? { fixed_in: fix === "active" ? "active" : null } : {}),
      assignee: assignee.trim() || null,
      note,
    });
    onDone();
  };
  return (
    <FormDialog title="Triage" button="Save" onDo={send} onClose={onClose}>
      <div className="letters-form">
        {mine.length > 1 && (
          <>
            <label htmlFor={`${id}-workflow`}>In</label>
            <select
              id={`${id}-workflow`}
              value={workflow}
              onChange={(event) => setWorkflow(event.target.value)}
            >
              <option value="">all {mine.length} workflows whose runs you may retry</option>
              {mine.map((one) => (
                <option key={one.workflow.id} value={one.workflow.id}>
                  {one.workflow.name}
                </option>
              ))}
            </select>
          </>
        )}
        <label htmlFor={`${id}-state`}>It stands</label>
        <select
          id={`${id}-state`}
          value={state}
          onChange={(event) => setState(event.target.value as TriageState)}
        >
          {Object.entries(STATES).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
        {state === "fixed" && (
          <>
            <label htmlFor={`${id}-fix`}>Fixed</label>
            <select
              id={`${id}-fix`}
              value={fix}
              onChange={(event) => setFix(event.target.value as keyof typeof FIXES)}
            >
              {Object.entries(FIXES).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
            <p className="note">
              {fix === "active"
                ? "When this version, or a later one, fails so again, it is new again by itself."
                : "When it is seen again at all, it is new again by itself."}
            </p>
          </>
        )}
        <label htmlFor={`${id}-assignee`}>Whose (user name; empty: nobody’s)</label>
        <input
          id={`${id}-assignee`}
          type="text"
          value={assignee}
          maxLength={150}
          autoComplete="off"
          onChange={(event) => setAssignee(event.target.value)}
        />
        <label htmlFor={`${id}-note`}>Note</label>
        <input
          id={`${id}-note`}
          type="text"
          value={note}
          maxLength={300}
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
    </FormDialog>
  );
}
