import { useCallback, useSyncExternalStore } from "react";
import { useSearch } from "../app/router";

export const VIEWS = ["graph", "timeline", "log", "data"] as const;
export type View = (typeof VIEWS)[number];

interface Choice {
  view: View;
  /** The node id of the selected step; "" for none. */
  step: string;
  /** The number of the log line that the address points to (`#L12`); 0 for none. */
  line: number;
  showView: (view: View) => void;
  /** Select a step in every view; "" selects none. */
  select: (node: string) => void;
}

/** Which view is shown and which step is selected: both live in the address, so that a link shows the same. */
export function useChoice(): Choice {
  const [search, change] = useSearch();
  const line = useSyncExternalStore(subscribe, () => Number(/^#L(\d{1,10})$/.exec(location.hash)?.[1] ?? 0));
  const view = VIEWS.find((name) => name === search.view) ?? (line > 0 ? "log" : "graph");
  return {
    view,
    step: search.step ?? "",
    line,
    showView: useCallback((wanted) => change({ view: wanted }), [change]),
    select: useCallback((node) => change({ step: node }), [change]),
  };
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}
