import { type FormEvent, useId, useState } from "react";
import type { ApprovalDetail } from "../api/approvalTypes";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { DelegateDialog } from "./DelegateDialog";
import { type Answers, Questions } from "./Questions";

interface Props {
  approval: ApprovalDetail;
  onAnswered: (approval: ApprovalDetail) => void;
  /** What the answer was refused for, once the question has ended and the form with it. */
  onLate: (trouble: string) => void;
}

/** Yes, no, or somebody else in one's place; who may not decide is told why. */
export function Answer({ approval, onAnswered, onLate }: Props) {
  const { api } = useSite();
  const [reason, setReason] = useState("");
  const [answers, setAnswers] = useState<Answers>({});
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const [delegating, setDelegating] = useState(false);
  const id = useId();
  if (approval.why_not !== "") return <p className="note">{approval.why_not}</p>;

  const decide = async (verdict: "approve" | "reject") => {
    if (verdict === "reject" && reason.trim() === "") {
      setTrouble("A rejection needs a reason: say why, in a sentence.");
      document.getElementById(`${id}-reason`)?.focus();
      return;
    }
    setBusy(true);
    setTrouble("");
    try {
      onAnswered(await api.decide(approval.id, { verdict, plan_hash: approval.plan_hash, reason, answers }));
    } catch (error) {
      const said = error instanceof ApiError ? error.message : "That could not be sent. Try again.";
      setTrouble(said);
      // What is shown may be what has changed.
      api.approval(approval.id).then(
        (now) => {
          if (now.state !== "pending") onLate(said);
          onAnswered(now);
        },
        () => undefined,
      );
    }
    setBusy(false);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void decide("approve");
  };
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Your answer</h2>
      <form className="card answer" onSubmit={onSubmit}>
        <Questions schema={approval.form} value={answers} onChange={setAnswers} />
        <label htmlFor={`${id}-reason`}>Reason (needed to reject)</label>
        <textarea
          id={`${id}-reason`}
          rows={2}
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {trouble !== "" && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={busy}>
            Approve
          </button>
          <button type="button" disabled={busy} onClick={() => void decide("reject")}>
            Reject
          </button>
          <button type="button" disabled={busy} onClick={() => setDelegating(true)}>
            Let somebody else decide…
          </button>
        </div>
      </form>
      {delegating && (
        <DelegateDialog
          approval={approval}
          onDone={(changed) => {
            setDelegating(false);
            onAnswered(changed);
          }}
          onClose={() => setDelegating(false)}
        />
      )}
    </section>
  );
}
