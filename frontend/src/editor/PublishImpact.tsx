import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import {
  type BacktestDetail,
  backtestsOf,
  differing,
  grouped,
  isOver,
  useBacktest,
} from "../backtests/backtests";
import { Counts } from "../backtests/Counts";
import { Progress } from "../backtests/Progress";
import "../backtests/backtests.css";
import { Link } from "../ui/Link";
import { useSlice } from "./store";
import { useWorld } from "./world";

const DAYS = 7;
/** A draft that is looked at again soon is not tried again. */
const FRESH_MS = 600_000;

/** What would have been different in the last days, by a backtest of the very draft. */
export function PublishImpact() {
  const { api } = useSite();
  const { workflow } = useWorld();
  const revision = useSlice((state) => state.revision);
  const [started, setStarted] = useState<number | null>(null);
  const [trouble, setTrouble] = useState("");
  const active = workflow.active_version;
  useEffect(() => {
    const leaving = new AbortController();
    const key = `impact-${workflow.id}-${revision}-${active ?? 0}-${Math.floor(Date.now() / FRESH_MS)}`;
    backtestsOf(api, workflow.id)
      .start({ version: "draft", days: DAYS }, key, leaving.signal)
      .then(
        ({ id }) => setStarted(id),
        (error: unknown) => {
          if (leaving.signal.aborted) return;
          setTrouble(error instanceof ApiError ? error.message : "It could not be tested on past events.");
        },
      );
    return () => leaving.abort();
  }, [api, workflow.id, active, revision]);
  const [loaded] = useBacktest(workflow.id, started);
  const title = `Impact on the last ${DAYS} days`;
  return (
    <section aria-label={title}>
      <h3>
        {title}
        {loaded.state === "ready" && ` (backtest, ${grouped(loaded.value.looked_at)} events)`}
      </h3>
      {trouble !== "" ? (
        <p>{trouble}</p>
      ) : loaded.state === "failed" ? (
        <p>{loaded.message}</p>
      ) : loaded.state === "loading" ? (
        <p className="note">Testing on past events…</p>
      ) : (
        <Told backtest={loaded.value} workflow={workflow.id} />
      )}
    </section>
  );
}

function Told({ backtest, workflow }: { backtest: BacktestDetail; workflow: number }) {
  const count = differing(backtest);
  const { against, runs_in_flight } = backtest;
  return (
    <>
      {isOver(backtest) ? <Counts backtest={backtest} /> : <Progress backtest={backtest} />}
      {backtest.status === "failed" && <p className="error">{backtest.failure}</p>}
      {isOver(backtest) && count > 0 && (
        <p>
          <Link to={`workflows/${workflow}/backtests/?backtest=${backtest.id}`}>
            {count === 1 ? "See the one" : `See the ${grouped(count)}`}
          </Link>
        </p>
      )}
      {backtest.assumed > 0 && (
        <p className="note">Of {grouped(backtest.assumed)} events something had to be assumed.</p>
      )}
      {against !== null && (
        <p>
          Runs in flight:{" "}
          {runs_in_flight === 0
            ? "none."
            : `${grouped(runs_in_flight)} ${runs_in_flight === 1 ? "stays" : "stay"} on v${against} until ${runs_in_flight === 1 ? "it ends" : "they end"}.`}
        </p>
      )}
    </>
  );
}
