import { useState } from "react";
import { alertsOf } from "../api/alerts";
import { useSite } from "../app/context";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { ReasonDialog } from "../versions/ReasonDialog";
import type { Breaker } from "./types";

interface Props {
  workflow: number;
  breaker: Breaker | null;
  rights: readonly string[];
}

/** That the workflow went wrong and was taken back to simulate, and the ways to let it act again. */
export function BreakerBanner({ workflow, breaker: first, rights }: Props) {
  const { api } = useSite();
  const [breaker, setBreaker] = useState(first);
  const [asking, setAsking] = useState<"try" | "close" | null>(null);
  const [said, setSaid] = useState("");
  if (breaker === null) {
    return said === "" ? null : (
      <aside className="binding" aria-label="Breaker">
        <p role="status">{said}</p>
      </aside>
    );
  }
  const alerts = alertsOf(api);
  return (
    <aside className="binding breaker" aria-label="Breaker">
      <p>
        <strong>Taken back to simulate.</strong> {breaker.reason} Since <Ago at={breaker.tripped_at} /> it
        judges what comes and does nothing. <Next breaker={breaker} />{" "}
        <Link to={`alerts/?workflow=${workflow}`}>Alerts</Link>
      </p>
      {rights.includes("promote") && (
        <p className="actions">
          {breaker.state === "open" && (
            <button type="button" onClick={() => setAsking("try")}>
              Try one run…
            </button>
          )}
          <button type="button" onClick={() => setAsking("close")}>
            Let it act again…
          </button>
        </p>
      )}
      {asking === "try" && (
        <ReasonDialog
          title="Try one run"
          text="The newest event since then for which it would have done something is done for real; where none has come, the next. If that run succeeds, the workflow acts again; if not, it stays in simulate."
          button="Try it"
          required={false}
          onDone={async (reason) => setBreaker((await alerts.tryBreaker(workflow, reason)).breaker)}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "close" && (
        <ReasonDialog
          title="Let it act again"
          text="It acts from now on, without a try. What it only simulated meanwhile is not done after."
          button="Let it act"
          required
          onDone={async (reason) => {
            setBreaker((await alerts.closeBreaker(workflow, reason)).breaker);
            setSaid("It acts again.");
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </aside>
  );
}

function Next({ breaker }: { breaker: Breaker }) {
  if (breaker.state === "half_open") {
    return breaker.canary === null ? (
      <>The next run acts, to try.</>
    ) : (
      <>
        <Link to={`runs/${breaker.canary}/`}>Run {breaker.canary}</Link> acts, to try.
      </>
    );
  }
  if (breaker.retry_at === null) return null;
  return (
    <>One run is tried at {new Date(breaker.retry_at).toLocaleTimeString([], { timeStyle: "short" })}.</>
  );
}
