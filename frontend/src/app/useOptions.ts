import { useCallback } from "react";
import type { Module } from "../api/recordTypes";
import type { Workflow } from "../api/types";
import { useSite } from "./context";
import { useLoad } from "./useLoad";

interface Options {
  modules: Module[];
  workflows: Workflow[];
}

const NONE: Options = { modules: [], workflows: [] };

/** What lists can be filtered by; empty until it is known, or when it can't be. */
export function useOptions(): Options {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [modules, workflows] = await Promise.all([api.modules(signal), api.workflows(signal)]);
      return { modules: modules.results, workflows: workflows.results };
    },
    [api],
  );
  const [loaded] = useLoad(load);
  return loaded.state === "ready" ? loaded.value : NONE;
}
