import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { ApprovalDetail } from "../api/approvalTypes";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";

interface Props {
  approval: ApprovalDetail;
  onDone: (approval: ApprovalDetail) => void;
  onClose: () => void;
}

/** Puts somebody else in one's place for one question. */
export function DelegateDialog({ approval, onDone, onClose }: Props) {
  const { api } = useSite();
  const dialog = useRef<HTMLDialogElement>(null);
  const [receiver, setReceiver] = useState("");
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  const id = useId();
  useEffect(() => {
    if (dialog.current !== null && !dialog.current.open) dialog.current.showModal();
  }, []);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setTrouble("");
    api.delegate(approval.id, { receiver: receiver.trim(), reason }).then(onDone, (error: unknown) => {
      setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again.");
    });
  };
  return (
    <dialog ref={dialog} aria-label="Let somebody else decide" onClose={onClose}>
      <form onSubmit={onSubmit}>
        <h2>Let somebody else decide</h2>
        <p>They decide in your place, for this question only. You can’t any more.</p>
        <label htmlFor={`${id}-who`}>User name</label>
        <input
          id={`${id}-who`}
          required
          maxLength={150}
          value={receiver}
          onChange={(event) => setReceiver(event.target.value)}
        />
        <label htmlFor={`${id}-why`}>Reason (optional)</label>
        <input
          id={`${id}-why`}
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
          <button type="submit" className="primary">
            Hand over
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
