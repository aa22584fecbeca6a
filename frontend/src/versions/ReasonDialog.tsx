import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";

interface Props {
  title: string;
  text: string;
  button: string;
  required: boolean;
  /** What else there is to know before it is done. */
  children?: ReactNode;
  onDone: (reason: string) => Promise<void>;
  onClose: () => void;
}

/** Asks why before something that counts is done; a refusal is shown here and keeps what was typed. */
export function ReasonDialog({ title, text, button, required, children, onDone, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (dialog.current !== null && !dialog.current.open) dialog.current.showModal();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    onDone(reason).catch((error: unknown) => {
      setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again.");
      setBusy(false);
    });
  };
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose}>
      <form onSubmit={submit}>
        <h2>{title}</h2>
        <p>{text}</p>
        {children}
        <label className="block">
          Reason{required ? "" : " (optional)"}
          <input
            value={reason}
            required={required}
            maxLength={300}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        {trouble !== "" && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={busy}>
            {button}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
