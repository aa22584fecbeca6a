import { type FormEvent, useId, useState } from "react";
import type { ApprovalDetail } from "../api/approvalTypes";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { Ago } from "../ui/Ago";

interface Props {
  approval: ApprovalDetail;
  onAsked: (approval: ApprovalDetail) => void;
}

/** What was asked about the question and answered, and a form for one more; it decides nothing. */
export function Remarks({ approval, onAsked }: Props) {
  const { api } = useSite();
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const remarks = approval.remarks ?? [];
  if (remarks.length === 0 && !approval.may_remark) return null;
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      onAsked(await api.send<ApprovalDetail>("POST", `approvals/${approval.id}/remarks/`, { text }));
      setText("");
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "That could not be sent. Try again.");
    }
    setBusy(false);
  };
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Questions about it</h2>
      {remarks.length > 0 && (
        <ul className="plain">
          {remarks.map((remark) => (
            <li key={`${remark.person} ${remark.at}`}>
              <strong>{remark.person}</strong> <Ago at={remark.at} />
              <p className="body-text">{remark.text}</p>
            </li>
          ))}
        </ul>
      )}
      {approval.may_remark && (
        <form className="answer" onSubmit={(event) => void onSubmit(event)}>
          <label htmlFor={`${id}-text`}>Ask or answer something; those concerned are told</label>
          <textarea
            id={`${id}-text`}
            rows={2}
            maxLength={2000}
            required
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          {trouble !== "" && (
            <p className="problem" role="alert">
              {trouble}
            </p>
          )}
          <div className="buttons">
            <button type="submit" disabled={busy}>
              Ask a question
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
