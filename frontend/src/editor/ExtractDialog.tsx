import { useState } from "react";
import { useSite } from "../app/context";
import { placesOf } from "../graph/policies";
import { keyFrom } from "../policies/keys";
import type { Policy } from "../policies/types";
import { FormDialog } from "../ui/FormDialog";
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
  const [name, setName] = useState("");
  const { drawing } = store.getState().history;
  const places = placesOf(drawing, rule);
  const extract = async () => {
    const module = moduleOf(drawing, modules)?.key ?? "";
    const policy = await api.createPolicy({ key: keyFrom(name), name, module, rule });
    onMade(policy);
    actions.insertPolicy(rule, policy.key);
  };
  return (
    <FormDialog
      title="Extract policy"
      button="Extract policy"
      onDo={extract}
      onClose={() => store.setState({ extracting: null })}
    >
      <p>
        The rule becomes a policy of the library, and the policy stands in its place
        {places > 1 ? `, in ${places} places of this draft` : ""}. Ctrl+Z puts the rule back; the policy stays
        in the library.
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
    </FormDialog>
  );
}
