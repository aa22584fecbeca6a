import { useState } from "react";
import { FormDialog, Refused } from "../ui/FormDialog";
import { readPasted, type Sample } from "./sample";

interface Props {
  onTake: (sample: Sample) => void;
  onClose: () => void;
}

/** Takes an event's data as it was copied from somewhere else. */
export function PasteDialog({ onTake, onClose }: Props) {
  const [text, setText] = useState("");
  const take = async () => {
    const data = readPasted(text);
    if (typeof data === "string") throw new Refused(data);
    onTake({ kind: "pasted", data });
  };
  return (
    <FormDialog title="Paste the data of an event" button="Take it" wide onDo={take} onClose={onClose}>
      <label className="block">
        JSON
        <textarea
          rows={10}
          required
          maxLength={100_000}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
    </FormDialog>
  );
}
