import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { Approval } from "../api/approvalTypes";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { Summary } from "./Summary";

interface Props {
  approvals: Approval[];
  verdict: "approve" | "reject";
  onDone: () => void;
  onClose: () => void;
}

/** Decides several questions at once, each as it stands now; those that could not be decided are named with the reason. */
export function Bulk({ approvals, verdict, onDone, onClose }: Props) {
  const { api } = useSite();
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [troubles, setTroubles] = useState<string[]>([]);
  const id = useId();
  useEffect(() => {
    if (dialog.current !== null && !dialog.current.open) dialog.current.showModal();
  }, []);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const found: string[] = [];
    for (const approval of approvals) {
      try {
        // What is agreed to is what the row has shown: its hash came with it.
        await api.decide(approval.id, { verdict, plan_hash: approval.plan_hash, reason });
      } catch (error) {
        const why = error instanceof ApiError ? error.message : "It could not be sent.";
        found.push(`${approval.title}: ${why}`);
      }
    }
    setBusy(false);
    setTroubles(found);
    onDone();
    if (found.length === 0) dialog.current?.close();
  };
  const word = verdict === "approve" ? "Approve" : "Reject";
  const count = `${approvals.length} ${approvals.length === 1 ? "question" : "questions"}`;
  return (
    <dialog ref={dialog} aria-label={`${word} ${count}`} onClose={onClose}>
      <form onSubmit={(event) => void onSubmit(event)}>
        <h2>
          {word} {count}
        </h2>
        <ul>
          {approvals.map((one) => (
            <li key={one.id}>
              {one.title}
              <Summary approval={one} />
            </li>
          ))}
        </ul>
        <label htmlFor={`${id}-why`}>Reason{verdict === "reject" ? "" : " (optional)"}</label>
        <input
          id={`${id}-why`}
          value={reason}
          required={verdict === "reject"}
          maxLength={300}
          onChange={(event) => setReason(event.target.value)}
        />
        {troubles.length > 0 && (
          <div className="problem" role="alert">
            <ul>
              {troubles.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          </div>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={busy || troubles.length > 0}>
            {word}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
