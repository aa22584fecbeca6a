import { useSyncExternalStore } from "react";
import { useSlice } from "./store";

const NARROW = "(width < 760px)";

/** How the workflow is shown. On a narrow page a graph can't be worked on: there only the outline is offered, which is
 * complete; what was chosen on a wider one comes back with the width. */
export function useView(): { view: "graph" | "outline"; narrow: boolean } {
  const narrow = useSyncExternalStore(subscribe, isNarrow);
  const chosen = useSlice((state) => state.view);
  return { view: narrow ? "outline" : chosen, narrow };
}

function subscribe(changed: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

function isNarrow(): boolean {
  return matchMedia(NARROW).matches;
}
