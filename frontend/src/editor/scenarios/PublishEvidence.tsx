import { useCallback } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { useWorld } from "../world";
import { type Ran, scenariosOf } from "./scenarios";

/** What the scenarios say of the very draft that is about to be published. */
export function PublishEvidence() {
  const { api } = useSite();
  const { workflow } = useWorld();
  const load = useCallback(
    (signal: AbortSignal) => scenariosOf(api, workflow.id).run(signal),
    [api, workflow.id],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section aria-label="Scenarios">
      <h3>Scenarios</h3>
      {loaded.state === "loading" && <p className="note">Running…</p>}
      {loaded.state === "failed" && (
        <p>
          {loaded.message}{" "}
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
      {loaded.state === "ready" && <Evidence ran={loaded.value} />}
    </section>
  );
}

function Evidence({ ran }: { ran: Ran }) {
  const all = ran.results.length;
  const failing = ran.results.filter((row) => row.status === "failed");
  if (all === 0)
    return (
      <p>There are none. Save one from a test, so that what must stay true is seen before each release.</p>
    );
  if (failing.length === 0)
    return (
      <p>
        <span aria-hidden="true">✓</span> {all === 1 ? "The scenario passes" : `All ${all} scenarios pass`} on
        this draft.
      </p>
    );
  return (
    <>
      <p>
        <span aria-hidden="true">✕</span> {ran.passed} of {all} scenarios pass on this draft. These fail:
      </p>
      <ul>
        {failing.map((row) => (
          <li key={row.scenario}>
            <strong>{row.name}</strong> {row.differences?.[0]?.message}
          </li>
        ))}
      </ul>
    </>
  );
}
