import { type ReactNode, useState } from "react";
import { FormDialog } from "../ui/FormDialog";

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

/** Asks why before something that counts is done. */
export function ReasonDialog({ title, text, button, required, children, onDone, onClose }: Props) {
  const [reason, setReason] = useState("");
  return (
    <FormDialog title={title} button={button} onDo={() => onDone(reason)} onClose={onClose}>
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
    </FormDialog>
  );
}
