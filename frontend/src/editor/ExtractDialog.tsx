import { type FormEvent, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { placesOf } from "../graph/policies";
import { keyFrom } from "../policies/keys";
import type { Policy } from "../policies/types";
import { useModal } from "../ui/useModal";
import { useEditor } from "./store";
import { moduleOf, useWorld } from "./world";

interface Props {
  rule: unknown;
  onMade: (policy: Policy) => void;
}

/** Makes a policy of a rule and puts it in the rule's place: one step, which Ctrl+Z takes back. */
export function ExtractDialog({ rule, onMade }: Props) {
  const { api } = useSite();
  const { store, actions } = useEditor();
  const { modules } = useWorld();
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  useModal(dialog);
  const { drawing } = store.getState().history;
  const places = placesOf(drawing, rule);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    const module = moduleOf(drawing, modules)?.key ?? "";
    api.createPolicy({ key: keyFrom(name), name, module, rule }).then(
      (policy) => {
        onMade(policy);
        actions.insertPolicy(rule, policy.key);
        dialog.current?.close();
      },
      (error: unknown) => {
        const first = error instanceof ApiError ? (error.problems[0]?.message ?? error.message) : "";
        setTrouble(first || "The policy could not be made. Try again.");
        setBusy(false);
      },
    );
  };
  return (
    <dialog ref={dialog} aria-labelledby="extract-title" onClose={() => store.setState({ extracting: null })}>
      <form onSubmit={submit}>
        <h2 id="extract-title">Extract policy</h2>
        <p>
          The rule becomes a policy of the library, and the policy stands in its place
          {places > 1 ? `, in ${places} places of this draft` : ""}. Ctrl+Z puts the rule back; the policy
          stays in the library.
        </p>
        <label className="block">
          Name
          <input value={name} required maxLength={80} onChange={(event) => setName(event.target.value)} />
        </label>
        {name.trim() !== "" && (
          <p className="note">
            Workflows refer to it as <code>{keyFrom(name)}</code>.
          </p>
        )}
        {trouble !== "" && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <div className="buttons">
          <button type="submit" className="primary" disabled={busy}>
            Extract policy
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
