import { useCallback } from "react";
import { query } from "../api/client";
import type { Run } from "../api/runTypes";
import type { Page } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Link } from "../ui/Link";

const MOST = 100;

/** How many runs the version that is live has ended in execute: what they did is undone run by run. */
export function RunsOfLive({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const version = (await api.workflow(id, signal)).active_version;
      if (version === null) return null;
      const search = query({ workflow: id, version, mode: "execute", limit: MOST });
      return { version, page: await api.get<Page<Run>>(`runs/${search}`, signal) };
    },
    [api, id],
  );
  const [loaded] = useLoad(load);
  if (loaded.state !== "ready" || loaded.value === null) return null;
  const { version, page } = loaded.value;
  const count = page.results.length;
  if (count === 0) return <p className="note">No run of v{version} has done anything.</p>;
  return (
    <p className="note">
      <Link to={`workflows/${id}/runs/${query({ version, mode: "execute" })}`}>
        {page.next === null ? count : `${count} or more`} {count === 1 ? "run" : "runs"} of v{version}
      </Link>{" "}
      can be undone on their pages, newest first.
    </p>
  );
}
