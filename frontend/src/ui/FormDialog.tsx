import { type FormEvent, type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useModal } from "./useModal";

/** Thrown by what a dialog does, when it can't be done so: the message says what to do. */
export class Refused extends Error {}

interface Props {
  title: string;
  button: string;
  wide?: boolean;
  /** Ctrl+S does it, too. */
  savesByKey?: boolean;
  children?: ReactNode;
  /** What the button does; the dialog closes when it is done. A refusal is shown, and keeps what was typed. */
  onDo: () => Promise<unknown>;
  onClose: () => void;
}

/** A form in a dialog: its heading, its fields, one button that does it, one that doesn't. */
export function FormDialog({
  title,
  button,
  wide = false,
  savesByKey = false,
  children,
  onDo,
  onClose,
}: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  useModal(dialog);
  const attempt = async () => {
    if (busy) return;
    setBusy(true);
    setTrouble("");
    try {
      await onDo();
      dialog.current?.close();
    } catch (error) {
      setTrouble(sentenceOf(error));
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void attempt();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!savesByKey || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault(); // the browser saves no page
    void attempt();
  };
  return (
    <dialog
      ref={dialog}
      className={wide ? "wide" : undefined}
      aria-labelledby={id}
      onKeyDown={onKeyDown}
      onClose={onClose}
    >
      <form onSubmit={onSubmit}>
        <h2 id={id}>{title}</h2>
        {children}
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

/** Of a form that can't be read, what is wrong with it; else what the server says of the whole. */
function sentenceOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 400) return error.problems[0]?.message ?? error.message;
  return error instanceof ApiError || error instanceof Refused
    ? error.message
    : "That could not be done. Try again.";
}
