import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import type { Version } from "../api/types";
import { useSite } from "../app/context";
import { Troubles } from "../ui/Troubles";
import { type Asked, type BacktestDetail, backtestsOf } from "./backtests";

interface Props {
  workflow: number;
  versions: Version[];
  live: number | null;
  onStarted: (backtest: BacktestDetail) => void;
}

const SPANS = [1, 7, 30, 90];

/** Which side is tried, beside which, over which time. */
export function StartForm({ workflow, versions, live, onStarted }: Props) {
  const { api } = useSite();
  const [version, setVersion] = useState("draft");
  const [against, setAgainst] = useState("");
  const [span, setSpan] = useState("7");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const asked: Asked = {
      version: version === "draft" ? "draft" : Number(version),
      ...(against === "" ? {} : { against: Number(against) }),
      ...(span === "range" ? rangeOf(since, until) : { days: Number(span) }),
    };
    backtestsOf(api, workflow)
      .start(asked)
      .then(onStarted, (error: unknown) => {
        const problems = error instanceof ApiError ? error.problems.map((one) => one.message) : [];
        const first = error instanceof ApiError ? error.message : "The backtest could not be started.";
        setTrouble(problems.length > 0 ? problems : [first]);
      })
      .finally(() => setBusy(false));
  };
  return (
    <form className="backtest-form" aria-label="New backtest" onSubmit={submit}>
      <label>
        Try
        <select value={version} onChange={(event) => setVersion(event.target.value)}>
          <option value="draft">the draft</option>
          {versions.map(({ number }) => (
            <option key={number} value={number}>
              version {number}
            </option>
          ))}
        </select>
      </label>
      <label>
        Beside
        <select value={against} onChange={(event) => setAgainst(event.target.value)}>
          <option value="">
            {live === null ? "nothing: none is live" : `version ${live}, which is live`}
          </option>
          {versions
            .filter(({ number }) => number !== live)
            .map(({ number }) => (
              <option key={number} value={number}>
                version {number}
              </option>
            ))}
        </select>
      </label>
      <label>
        Over
        <select value={span} onChange={(event) => setSpan(event.target.value)}>
          {SPANS.map((days) => (
            <option key={days} value={days}>
              {days === 1 ? "the last day" : `the last ${days} days`}
            </option>
          ))}
          <option value="range">a range…</option>
        </select>
      </label>
      {span === "range" && (
        <>
          <label>
            From
            <input type="date" required value={since} onChange={(event) => setSince(event.target.value)} />
          </label>
          <label>
            To
            <input type="date" required value={until} onChange={(event) => setUntil(event.target.value)} />
          </label>
        </>
      )}
      <button type="submit" className="primary" disabled={busy}>
        Start backtest
      </button>
      <Troubles lines={trouble} />
    </form>
  );
}

/** Whole days as the reader's calendar has them, the last one included. */
function rangeOf(since: string, until: string): Pick<Asked, "since" | "until"> {
  return {
    since: new Date(`${since}T00:00`).toISOString(),
    until: new Date(`${until}T23:59:59.999`).toISOString(),
  };
}
