import { useRunsMode } from "./runs/useRunsMode";
import { useEditor, useSlice } from "./store";

/** What is looked at, the draft or its runs, and how: as a graph or as a list. */
export function Views() {
  const { store } = useEditor();
  const view = useSlice((state) => state.view);
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
    </>
  );
}
