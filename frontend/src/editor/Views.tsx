import { useRunsMode } from "./runs/useRunsMode";
import { useEditor } from "./store";
import { useView } from "./useView";

/** What is looked at, the draft or its runs, and how: as a graph or as a list. */
export function Views() {
  const { store } = useEditor();
  const { view, narrow } = useView();
  const { on, showRuns, showDesign } = useRunsMode();
  return (
    <>
      <fieldset className="views">
        <legend className="visually-hidden">Show</legend>
        <button type="button" aria-pressed={!on} onClick={showDesign}>
          Draft
        </button>
        <button type="button" aria-pressed={on} onClick={showRuns}>
          Last runs
        </button>
      </fieldset>
      {!narrow && (
        <fieldset className="views">
          <legend className="visually-hidden">View</legend>
          {(["graph", "outline"] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={view === one}
              onClick={() => store.setState({ view: one })}
            >
              {one === "graph" ? "Graph" : "Outline"}
            </button>
          ))}
        </fieldset>
      )}
    </>
  );
}
