import { useId, useState } from "react";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { type CauseDetail, type Letter, manyLetters } from "./types";
import "./deadLetters.css";

/** As the API demands it. */
const TYPED_ABOVE = 20;

interface Props {
  cause: CauseDetail;
  /** Only these, where any are ticked; else all that are open. */
  letters: Letter[];
  onDone: () => void;
  onClose: () => void;
}

/** Gives the open letters up, for a reason; of many only by who types how many they are. */
export function DiscardDialog({ cause, letters, onDone, onClose }: Props) {
  const { api } = useSite();
  const id = useId();
  const held = (pk: number) => letters.filter((one) => one.workflow.id === pk).length;
  const openOf = (pk: number) =>
    letters.length > 0 ? held(pk) : (cause.workflows.find((one) => one.workflow.id === pk)?.open ?? 0);
  const mine = cause.workflows.filter((one) => one.may_triage && openOf(one.workflow.id) > 0);
  const [workflow, setWorkflow] = useState(String(mine[0]?.workflow.id ?? ""));
  const [reason, setReason] = useState("");
  const [count, setCount] = useState("");
  const many = openOf(Number(workflow));
  const send = async () => {
    await api.send("POST", "dead-letters/discard/", {
      ...(letters.length > 0
        ? { letters: letters.map((one) => one.id) }
        : { fingerprint: cause.fingerprint }),
      workflow: Number(workflow),
      reason,
      ...(count.trim() === "" ? {} : { count: Number(count) }),
    });
    onDone();
  };
  return (
    <FormDialog
      title={letters.length > 0 ? `Discard ${manyLetters(letters.length)}` : "Discard the open letters"}
      button="Discard"
      onDo={send}
      onClose={onClose}
    >
      <div className="letters-form">
        <p>They are given up, and stay here as discarded. Their runs can still be retried one by one.</p>
        {mine.length > 1 && (
          <>
            <label htmlFor={`${id}-workflow`}>Of</label>
            <select
              id={`${id}-workflow`}
              value={workflow}
              onChange={(event) => setWorkflow(event.target.value)}
            >
              {mine.map((one) => (
                <option key={one.workflow.id} value={one.workflow.id}>
                  {one.workflow.name} ({openOf(one.workflow.id)})
                </option>
              ))}
            </select>
          </>
        )}
        <label htmlFor={`${id}-reason`}>Why? It is kept in the audit.</label>
        <input
          id={`${id}-reason`}
          type="text"
          required
          value={reason}
          maxLength={300}
          onChange={(event) => setReason(event.target.value)}
        />
        {many > TYPED_ABOVE && (
          <>
            <label htmlFor={`${id}-count`}>Type how many they are ({many})</label>
            <input
              id={`${id}-count`}
              type="text"
              inputMode="numeric"
              pattern="[0-9]{1,9}"
              required
              value={count}
              onChange={(event) => setCount(event.target.value)}
            />
          </>
        )}
      </div>
    </FormDialog>
  );
}
