import { useCallback } from "react";
import type { Approval } from "../api/approvalTypes";
import type { Page } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { StateChip } from "./words";

/** The reader's last three decisions, for an inbox in which nothing waits. */
export function LastDecisions() {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<Page<Approval>>("approvals/?decided=true&limit=3", signal),
    [api],
  );
  const [loaded] = useLoad(load);
  if (loaded.state !== "ready" || loaded.value.results.length === 0) return null;
  return (
    <section aria-labelledby="last-decisions">
      <h2 id="last-decisions">Your last decisions</h2>
      <ul className="plain">
        {loaded.value.results.map((one) => (
          <li key={one.id}>
            <StateChip state={one.state} /> <Link to={`approvals/${one.id}/`}>{one.title}</Link>{" "}
            {one.ended_at !== null && <Ago at={one.ended_at} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
