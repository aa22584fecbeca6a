import { useEffect, useRef, useState } from "react";
import type { Traffic } from "../../api/runTypes";
import { useSite } from "../../app/context";
import { useWorld } from "../world";
import { useNews } from "./news";

const LEAST_MS = 1_000;

/** How many of the last runs of a version took each way: asked for anew when runs have come or gone on, at most once a
 * second. Null until it is known. */
export function useTraffic(version: number): Traffic | null {
  const { api } = useSite();
  const { workflow } = useWorld();
  const { runs } = useNews();
  const [known, setKnown] = useState<{ version: number; traffic: Traffic } | null>(null);
  const stale = useRef(true);
  const moved = runs?.map((run) => `${run.id} ${run.status} ${run.last_seq}`).join() ?? "";

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever a run has moved, what is known is old.
  useEffect(() => {
    stale.current = true;
  }, [moved, version]);

  useEffect(() => {
    const leaving = new AbortController();
    const ask = () => {
      if (!stale.current) return;
      stale.current = false;
      api.traffic(workflow.id, version, leaving.signal).then(
        (traffic) => setKnown({ version, traffic }),
        () => undefined, // the graph does without
      );
    };
    ask();
    const timer = setInterval(ask, LEAST_MS);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [api, workflow.id, version]);

  return known?.version === version ? known.traffic : null;
}
