import { useCallback, useState } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { FormDialog, Refused } from "../../ui/FormDialog";
import type { ProductEvent, Subscription } from "./types";

interface Props {
  kinds: ProductEvent[];
  /** None: a new one. */
  subscription: Subscription | null;
  address: string;
  onDone: () => void;
  onClose: () => void;
}

type Limit = "all" | "workflow" | "team";

/** Which events a destination is told of, of which workflows, with or without values. */
export function SubscriptionDialog({ kinds, subscription, address, onDone, onClose }: Props) {
  const { api } = useSite();
  const [chosen, setChosen] = useState(new Set(subscription?.kinds ?? []));
  const [limit, setLimit] = useState<Limit>(
    subscription?.workflow ? "workflow" : subscription?.team ? "team" : "all",
  );
  const [workflow, setWorkflow] = useState(String(subscription?.workflow?.id ?? ""));
  const [team, setTeam] = useState(subscription?.team ?? "");
  const [withValues, setWithValues] = useState(subscription?.with_values ?? false);
  const load = useCallback(
    (signal: AbortSignal) => api.list<{ id: number; name: string }>("workflows/?limit=200", "", signal),
    [api],
  );
  const [workflows] = useLoad(load);
  const toggle = (kind: string) => {
    const next = new Set(chosen);
    if (!next.delete(kind)) next.add(kind);
    setChosen(next);
  };
  const save = async () => {
    if (chosen.size === 0) throw new Refused("Choose at least one event.");
    const body = {
      kinds: kinds.map((one) => one.kind).filter((kind) => chosen.has(kind)),
      workflow: limit === "workflow" ? Number(workflow) : null,
      team: limit === "team" ? team.trim() : "",
      with_values: withValues,
    };
    if (subscription === null) await api.send("POST", address, body);
    else await api.send("PATCH", `webhooks/subscriptions/${subscription.id}/`, body);
    onDone();
  };
  return (
    <FormDialog
      title={subscription === null ? "Subscribe the destination" : "Change the subscription"}
      button={subscription === null ? "Subscribe" : "Save"}
      onDo={save}
      onClose={onClose}
    >
      <fieldset>
        <legend>Tell it when</legend>
        {kinds.map(({ kind, words }) => (
          <label key={kind} className="block">
            <input type="checkbox" checked={chosen.has(kind)} onChange={() => toggle(kind)} /> {words}{" "}
            <code>{kind}</code>
          </label>
        ))}
      </fieldset>
      <label className="block">
        Of
        <select value={limit} onChange={(event) => setLimit(event.target.value as Limit)}>
          <option value="all">all workflows that you see</option>
          <option value="workflow">one workflow</option>
          <option value="team">the workflows of a team</option>
        </select>
      </label>
      {limit === "workflow" && (
        <label className="block">
          Workflow
          <select required value={workflow} onChange={(event) => setWorkflow(event.target.value)}>
            <option value="">Choose one</option>
            {workflows.state === "ready" &&
              workflows.value.results.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
          </select>
        </label>
      )}
      {limit === "team" && (
        <label className="block">
          Team
          <input required maxLength={80} value={team} onChange={(event) => setTeam(event.target.value)} />
        </label>
      )}
      <label className="block">
        <input
          type="checkbox"
          checked={withValues}
          onChange={(event) => setWithValues(event.target.checked)}
        />{" "}
        With what records hold and people wrote, where you may see it
      </label>
      <p className="hint">It is told as much as you may see, and no more; ids and links always.</p>
    </FormDialog>
  );
}
