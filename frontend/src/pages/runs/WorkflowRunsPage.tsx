import { useCallback } from "react";
import { useSite } from "../../app/context";
import { useSearch } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { Show } from "../../ui/Page";
import { WorkflowHead } from "../../ui/WorkflowHead";
import { RunGrid } from "./RunGrid";
import { RunList } from "./RunList";
import "./runs.css";

/** The runs of one workflow: as a list, or as a grid that shows since when which step fails. */
export function WorkflowRunsPage({ id }: { id: number }) {
  const { api } = useSite();
  const [search, change] = useSearch();
  const load = useCallback(
    async (signal: AbortSignal) => ({ workflow: await api.workflow(id, signal) }),
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  const view = search.view === "grid" ? "grid" : "list";
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="runs" what="Runs of">
        <fieldset className="views">
          <legend className="visually-hidden">Show as</legend>
          {(["list", "grid"] as const).map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="view"
                checked={view === one}
                onChange={() => change({ view: one === "list" ? "" : one })}
              />
              {one === "list" ? "List" : "Grid"}
            </label>
          ))}
        </fieldset>
      </WorkflowHead>
      <Show loaded={loaded} again={again}>
        {() => (view === "grid" ? <RunGrid workflow={id} /> : <RunList workflow={id} />)}
      </Show>
    </>
  );
}
