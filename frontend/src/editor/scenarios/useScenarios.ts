import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../../api/client";
import { useSite } from "../../app/context";
import { useSlice } from "../store";
import { useWorld } from "../world";
import { type Scenario, scenariosOf } from "./scenarios";

/** The workflow's scenarios, read anew after each save of the draft; what was there stays while they are read. */
export function useScenarios() {
  const { api } = useSite();
  const { workflow } = useWorld();
  const revision = useSlice((state) => state.revision);
  const [rows, setRows] = useState<Scenario[] | null>(null);
  const [trouble, setTrouble] = useState("");
  const [turn, setTurn] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` and `revision` are there to read them again.
  useEffect(() => {
    const leaving = new AbortController();
    scenariosOf(api, workflow.id)
      .list(leaving.signal)
      .then(
        (found) => {
          setRows(found);
          setTrouble("");
        },
        (error: unknown) => {
          if (leaving.signal.aborted) return;
          setTrouble(error instanceof ApiError ? error.message : "The scenarios could not be read.");
        },
      );
    return () => leaving.abort();
  }, [api, workflow.id, revision, turn]);

  return { rows, trouble, again: useCallback(() => setTurn((now) => now + 1), []) };
}

export type Scenarios = ReturnType<typeof useScenarios>;
