import { useState } from "react";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import type { Policy } from "./types";

interface Props {
  policy: Policy;
  onSaved: (policy: Policy) => void;
  onClose: () => void;
}

/** What a policy is called, what it is for, and who answers for it. */
export function DescribeDialog({ policy, onSaved, onClose }: Props) {
  const { api } = useSite();
  const [name, setName] = useState(policy.name);
  const [description, setDescription] = useState(policy.description);
  const [owner, setOwner] = useState(policy.owner ?? "");
  const save = async () => {
    const given = owner.trim();
    const changes = {
      name,
      description,
      ...(given === "" || given === policy.owner ? {} : { owner: given }),
    };
    onSaved(await api.changePolicy(policy.key, changes));
  };
  return (
    <FormDialog title="Name and owner" button="Save" onDo={save} onClose={onClose}>
      <label className="block">
        Name
        <input value={name} required maxLength={160} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="block">
        What it is for
        <textarea
          rows={4}
          value={description}
          maxLength={10_000}
          onChange={(event) => setDescription(event.target.value)}
        />
      </label>
      <label className="block">
        Owner (a user name, who gets every right on it)
        <input value={owner} maxLength={150} onChange={(event) => setOwner(event.target.value)} />
      </label>
    </FormDialog>
  );
}
