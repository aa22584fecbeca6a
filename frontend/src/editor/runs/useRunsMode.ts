import { useCallback } from "react";
import { useSearch } from "../../app/router";

interface RunsMode {
  /** Whether the last runs are shown in place of the draft. */
  on: boolean;
  /** The run that was chosen; null while the newest is followed. */
  run: number | null;
  /** The node id of the chosen step; "" for none. */
  step: string;
  showRuns: () => void;
  showDesign: () => void;
  showRun: (id: number | null) => void;
  select: (node: string) => void;
}

/** What is looked at of the runs. It lives in the address, so that a link shows the same. */
export function useRunsMode(): RunsMode {
  const [search, change] = useSearch();
  const chosen = Number(search.run);
  return {
    on: search.show === "runs",
    run: Number.isSafeInteger(chosen) && chosen > 0 ? chosen : null,
    step: search.step ?? "",
    showRuns: useCallback(() => change({ show: "runs" }), [change]),
    showDesign: useCallback(() => change({ show: "", run: "", step: "" }), [change]),
    showRun: useCallback((id) => change({ run: id === null ? "" : String(id), step: "" }), [change]),
    select: useCallback((node) => change({ step: node }), [change]),
  };
}
