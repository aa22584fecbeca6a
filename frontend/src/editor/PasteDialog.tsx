import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { readPasted, type Sample } from "./sample";

interface Props {
  onTake: (sample: Sample) => void;
  onClose: () => void;
}

/** Takes an event's data as it was copied from somewhere else. */
export function PasteDialog({ onTake, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState("");
  const id = useId();
  useEffect(() => {
    if (dialog.current !== null && !dialog.current.open) dialog.current.showModal();
  }, []);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const data = readPasted(text);
    if (typeof data === "string") setTrouble(data);
    else {
      onTake({ kind: "pasted", data });
      dialog.current?.close();
    }
  };
  return (
    <dialog ref={dialog} className="wide" aria-label="Paste the data of an event" onClose={onClose}>
      <form onSubmit={onSubmit}>
        <h2>Paste the data of an event</h2>
        <label htmlFor={id}>JSON</label>
        <textarea
          id={id}
          rows={10}
          required
          maxLength={100_000}
          spellCheck={false}
          aria-describedby={trouble === "" ? undefined : `${id}-trouble`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {trouble !== "" && (
          <p className="problem" role="alert" id={`${id}-trouble`}>
            {trouble}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary">
            Take it
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
