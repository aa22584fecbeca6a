import { type FormEvent, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { useModal } from "../ui/useModal";
import type { Policy } from "./types";

interface Props {
  policy: Policy;
  onSaved: (policy: Policy) => void;
  onClose: () => void;
}

/** What a policy is called, what it is for, and who answers for it. */
export function DescribeDialog({ policy, onSaved, onClose }: Props) {
  const { api } = useSite();
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState(policy.name);
  const [description, setDescription] = useState(policy.description);
  const [owner, setOwner] = useState(policy.owner ?? "");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  useModal(dialog);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    const given = owner.trim();
    const changes = {
      name,
      description,
      ...(given === "" || given === policy.owner ? {} : { owner: given }),
    };
    api.changePolicy(policy.key, changes).then(
      (saved) => {
        onSaved(saved);
        dialog.current?.close();
      },
      (error: unknown) => {
        setTrouble(error instanceof ApiError ? error.message : "It could not be saved. Try again.");
        setBusy(false);
      },
    );
  };
  return (
    <dialog ref={dialog} aria-labelledby="describe-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="describe-title">Name and owner</h2>
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
        {trouble !== "" && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={busy}>
            Save
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
