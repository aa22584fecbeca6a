import { type FormEvent, useCallback, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { navigate } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Heading, Show } from "../ui/Page";

/** Begin a workflow: blank, or with the draft of one that works. */
export default function NewWorkflowPage() {
  const { api, home } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [me, modules, workflows] = await Promise.all([
        api.me(signal),
        api.modules(signal),
        api.workflows(signal),
      ]);
      return { me, modules: modules.results, workflows: workflows.results };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  const [name, setName] = useState("");
  const [module, setModule] = useState("");
  const [from, setFrom] = useState("");
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);

  const create = async () => {
    setBusy(true);
    setTrouble("");
    try {
      const made = await api.createWorkflow({ name, ...(module === "" ? {} : { module }) });
      if (from !== "") {
        const { nodes, edges, layout } = await api.draft(Number(from));
        await api.saveDraft(made.id, { schema: 1, revision: made.draft_revision, nodes, edges, layout });
      }
      navigate(`${home}workflows/${made.id}/`);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "It could not be made. Try again.");
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void create();
  };
  return (
    <>
      <Heading title="New workflow" />
      <Show loaded={loaded} again={again}>
        {({ me, modules, workflows }) =>
          me.may.create_workflows ? (
            <form className="card new-workflow" onSubmit={submit}>
              <label htmlFor="new-name">Name</label>
              <input
                id="new-name"
                required
                maxLength={160}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
              <label htmlFor="new-module">Module</label>
              <select id="new-module" value={module} onChange={(event) => setModule(event.target.value)}>
                <option value="">none</option>
                {modules.map((one) => (
                  <option key={one.key} value={one.key}>
                    {one.name}
                  </option>
                ))}
              </select>
              <label htmlFor="new-from">Start from</label>
              <select
                id="new-from"
                value={from}
                onChange={(event) => {
                  const chosen = workflows.find((one) => String(one.id) === event.target.value);
                  setFrom(event.target.value);
                  if (chosen?.module) setModule(chosen.module);
                }}
              >
                <option value="">a blank workflow</option>
                {workflows.map((one) => (
                  <option key={one.id} value={one.id}>
                    a copy of {one.name}
                  </option>
                ))}
              </select>
              {trouble !== "" && (
                <p className="problem" role="alert">
                  {trouble}
                </p>
              )}
              <button type="submit" disabled={busy}>
                Create
              </button>
            </form>
          ) : (
            <p>You lack the right to make workflows (“add workflow”). An admin can give it to you.</p>
          )
        }
      </Show>
    </>
  );
}
