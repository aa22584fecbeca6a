import { useId, useState } from "react";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import type { Reply, Unknown } from "./types";
import "./unknowns.css";

interface Props {
  unknown: Unknown;
  happened: boolean;
  onDone: () => void;
  onClose: () => void;
}

/** Says what follows from an answer, and what is not repeated, before it is given. */
export function AnswerDialog({ unknown, happened, onDone, onClose }: Props) {
  const { api } = useSite();
  const id = useId();
  const [note, setNote] = useState("");
  const [status, setStatus] = useState("");
  const [body, setBody] = useState("");
  const [then, setThen] = useState<Exclude<Reply, "happened">>("resend");
  const send = async () => {
    const known = happened
      ? { reply: "happened", ...(status === "" ? {} : { status: Number(status) }), body }
      : { reply: then };
    await api.send("POST", `webhooks/unknown-outcomes/${unknown.id}/reply/`, { ...known, note });
    onDone();
  };
  return (
    <FormDialog
      title={happened ? "It happened" : "It did not happen"}
      button={happened ? "It happened" : then === "resend" ? "Send it again" : "Leave it"}
      onDo={send}
      onClose={onClose}
    >
      <div className="unknown-form">
        {happened ? (
          <p>
            Nothing is sent.{" "}
            {unknown.waits && "The run goes on as if the call had been answered, with what you say here."}
          </p>
        ) : (
          <fieldset>
            <legend>What now?</legend>
            <label>
              <input type="radio" name={id} checked={then === "resend"} onChange={() => setThen("resend")} />
              <span>
                Send it again: the same message goes out at once, under the same id. Finished steps are not
                repeated.
              </span>
            </label>
            <label>
              <input type="radio" name={id} checked={then === "fail"} onChange={() => setThen("fail")} />
              <span>
                Leave it: nothing is sent.{" "}
                {unknown.waits && "The step takes its way “failed”; without one the run fails."}
              </span>
            </label>
          </fieldset>
        )}
        <label htmlFor={`${id}-note`}>How do you know? It is kept in the audit and in the run’s log.</label>
        <input
          id={`${id}-note`}
          type="text"
          required
          maxLength={300}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {happened && (
          <>
            <label htmlFor={`${id}-status`}>Its status, if you know it</label>
            <input
              id={`${id}-status`}
              type="number"
              min={200}
              max={299}
              placeholder="200"
              value={status}
              onChange={(event) => setStatus(event.target.value)}
            />
            <label htmlFor={`${id}-body`}>Its answer, if later steps read it</label>
            <textarea
              id={`${id}-body`}
              rows={3}
              maxLength={20_000}
              spellCheck={false}
              value={body}
              onChange={(event) => setBody(event.target.value)}
            />
          </>
        )}
        <p className="note">The first answer stands.</p>
      </div>
    </FormDialog>
  );
}
