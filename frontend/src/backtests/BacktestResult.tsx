import { useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { dateTime } from "../ui/format";
import { Show } from "../ui/Page";
import {
  agreementOf,
  type Backtest,
  backtestsOf,
  differing,
  grouped,
  isOver,
  KINDS,
  sidesOf,
  useBacktest,
} from "./backtests";
import { Counts } from "./Counts";
import { DifferenceTable } from "./DifferenceTable";
import { Progress } from "./Progress";

interface Props {
  workflow: number;
  number: number;
  mayCancel: boolean;
  named: (node: string) => string;
  /** Another one each time that the reader asks for this backtest, wherever on the page: it takes the focus. */
  wanted: object | null;
}

/** One backtest or shadow: how far it is, what it counts, and the events behind the counts. */
export function BacktestResult({ workflow, number, mayCancel, named, wanted }: Props) {
  const [loaded, again] = useBacktest(workflow, number);
  const [search, change] = useSearch();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (wanted !== null) heading.current?.focus();
  }, [wanted]);
  return (
    <section aria-labelledby="backtest-result">
      <h2 id="backtest-result" ref={heading} tabIndex={-1}>
        {loaded.state === "ready" && loaded.value.shadow ? "Shadow" : "Backtest"} {number}
      </h2>
      <Show loaded={loaded} again={again}>
        {(backtest) => (
          <>
            <p>
              {sidesOf(backtest)}, {dateTime(backtest.since)} to{" "}
              {backtest.shadow && !isOver(backtest) && "at the latest "}
              {dateTime(backtest.until)}: {grouped(backtest.looked_at)} events.
            </p>
            {backtest.shadow && (
              <p>
                Agreement {agreementOf(backtest)}, judged up to {dateTime(backtest.judged_until)}.{" "}
                {backtest.ended_why || (isOver(backtest) ? "" : "It goes on.")}
              </p>
            )}
            {!backtest.shadow && !isOver(backtest) && (
              <>
                <Progress backtest={backtest} />
                {mayCancel && <CancelButton workflow={workflow} number={number} onDone={again} />}
              </>
            )}
            {backtest.status === "cancelled" && (
              <p className="note">It was cancelled; these counts are of a part.</p>
            )}
            {backtest.status === "failed" && (
              <p className="problem" role="alert">
                {backtest.failure}
              </p>
            )}
            <Counts backtest={backtest} />
            <p className="note">
              Selected: {grouped(backtest.selected_before)} before, {grouped(backtest.selected_after)} after.
              {backtest.assumed > 0 &&
                ` Of ${grouped(backtest.assumed)} something had to be assumed; their details say what.`}
            </p>
            <Notes backtest={backtest} />
            {(isOver(backtest) || backtest.shadow) && differing(backtest) > 0 && (
              <>
                <h3>Differences</h3>
                <fieldset className="backtest-kinds">
                  <legend className="visually-hidden">Show</legend>
                  {[["", "all"] as const, ...KINDS.filter(([kind]) => backtest.counts[kind] > 0)].map(
                    ([kind, word]) => (
                      <label key={kind}>
                        <input
                          type="radio"
                          name="kind"
                          checked={(search.kind ?? "") === kind}
                          onChange={() => change({ kind })}
                        />
                        {word}
                      </label>
                    ),
                  )}
                </fieldset>
                <DifferenceTable
                  workflow={workflow}
                  backtest={number}
                  kind={search.kind ?? ""}
                  named={named}
                  growing={!isOver(backtest)}
                />
              </>
            )}
          </>
        )}
      </Show>
    </section>
  );
}

function Notes({ backtest }: { backtest: Backtest }) {
  if (backtest.notes.length === 0) return null;
  return (
    <details>
      <summary>What this does not cover</summary>
      <ul>
        {backtest.notes.map(({ code, message }) => (
          <li key={code}>{message}</li>
        ))}
      </ul>
    </details>
  );
}

function CancelButton({
  workflow,
  number,
  onDone,
}: {
  workflow: number;
  number: number;
  onDone: () => void;
}) {
  const { api } = useSite();
  const [trouble, setTrouble] = useState("");
  const cancel = () =>
    backtestsOf(api, workflow)
      .cancel(number)
      .then(onDone, (error: unknown) =>
        setTrouble(error instanceof ApiError ? error.message : "It could not be cancelled."),
      );
  return (
    <p>
      <button type="button" onClick={cancel}>
        Cancel
      </button>
      {trouble !== "" && (
        <span className="problem" role="alert">
          {trouble}
        </span>
      )}
    </p>
  );
}
