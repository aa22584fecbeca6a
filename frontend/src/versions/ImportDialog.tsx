import { useState } from "react";
import { useSite } from "../app/context";
import { FormDialog, Refused } from "../ui/FormDialog";

interface Props {
  /** The workflow whose draft the file takes the place of; null where it makes a new one. */
  workflow: number | null;
  onDone: (made: { id: number }) => void;
  onClose: () => void;
}

/** A workflow as YAML, read from a file: into a draft, or as a workflow of its own. */
export function ImportDialog({ workflow, onDone, onClose }: Props) {
  const { api } = useSite();
  const [file, setFile] = useState<File | null>(null);
  const [unfinished, setUnfinished] = useState(false);
  const read = async () => {
    if (file === null) throw new Refused("Choose a file first.");
    const body = { file: await file.text(), unfinished };
    const place = workflow === null ? "workflows/import/" : `workflows/${workflow}/import/`;
    onDone(await api.send<{ id: number }>("POST", place, body));
  };
  return (
    <FormDialog
      title={workflow === null ? "New workflow from a file" : "Import into the draft"}
      button="Import"
      onDo={read}
      onClose={onClose}
    >
      <p>
        {workflow === null
          ? "A workflow as it was exported here or elsewhere. Where its key is taken, change “key” in the file, or import it into the draft of the workflow that has it, under Versions."
          : "The file takes the place of the draft. What is released stays."}
      </p>
      <label className="block">
        File (YAML)
        <input
          type="file"
          required
          accept=".yaml,.yml"
          onChange={(event) => setFile(event.target.files?.[0] ?? null)}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={unfinished}
          onChange={(event) => setUnfinished(event.target.checked)}
        />{" "}
        Also with problems that keep it from being published
      </label>
    </FormDialog>
  );
}
