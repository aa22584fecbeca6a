import { useCallback } from "react";
import { useSite } from "../../app/context";
import { useSearch } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { RunGrid } from "./RunGrid";
import { RunList } from "./RunList";
import "./runs.css";

/** The runs of one workflow: as a list, or as a grid that shows since when which step fails. */
export function WorkflowRunsPage({ id }: { id: number }) {
  const { api } = useSite();
  const [search, change] = useSearch();
  const load = useCallback((signal: AbortSignal) => api.workflow(id, signal), [api, id]);
  const [loaded, again] = useLoad(load);
  const name = loaded.state === "ready" ? loaded.value.name : "a workflow";
  const view = search.view === "grid" ? "grid" : "list";
  return (
    <>
      <p className="trail">
        <Link to="workflows/">Workflows</Link> › <Link to={`workflows/${id}/`}>{name}</Link>
      </p>
      <Heading title={`Runs of ${name}`}>
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
      </Heading>
      <Show loaded={loaded} again={again}>
        {() => (view === "grid" ? <RunGrid workflow={id} /> : <RunList workflow={id} />)}
      </Show>
    </>
  );
}
