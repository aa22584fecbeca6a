import { type FormEvent, useState } from "react";
import { ApiError } from "../api/client";
import type { Version } from "../api/types";
import { useSite } from "../app/context";
import type { Pages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { dateTime } from "../ui/format";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { Troubles } from "../ui/Troubles";
import { agreementOf, type Backtest, grouped, shadowsOf, sidesOf, statusOf } from "./backtests";
import { Counts } from "./Counts";

interface Props {
  workflow: number;
  versions: Version[];
  live: number | null;
  may: boolean;
  shadows: Pages<Backtest>;
  /** The one whose details are shown. */
  chosen: number | null;
  choose: (number: number) => void;
}

/** The shadow that goes on, or the form that starts one; and those that were. */
export function ShadowPart({ workflow, versions, live, may, shadows, chosen, choose }: Props) {
  const known = shadows.loaded.state === "ready" ? shadows.loaded.value : [];
  const going = known.find((shadow) => statusOf(shadow) === "goes on") ?? null;
  const begun = (shadow: Backtest) => {
    choose(shadow.id);
    shadows.again();
  };
  const columns: Column<Backtest>[] = [
    {
      name: "Shadow",
      cell: ({ id }) => (
        <button type="button" className="as-link" aria-pressed={id === chosen} onClick={() => choose(id)}>
          {id}
        </button>
      ),
    },
    { name: "What", cell: sidesOf },
    { name: "Status", cell: (row) => (row.status === "failed" ? "failed" : row.ended_why || statusOf(row)) },
    { name: "Events", number: true, cell: (row) => grouped(row.looked_at) },
    { name: "Agreement", number: true, cell: agreementOf },
    { name: "By", cell: (row) => row.requested_by ?? "–" },
    { name: "Started", number: true, cell: (row) => <Ago at={row.since} /> },
  ];
  return (
    <section aria-labelledby="shadow">
      <h2 id="shadow">Shadow</h2>
      <p className="note">
        Does a change hold on what comes next? It is judged on every live event, beside the version that is
        live; nothing of it is done.
      </p>
      {going !== null && (
        <Going workflow={workflow} shadow={going} may={may} choose={choose} onStopped={shadows.again} />
      )}
      {going === null &&
        shadows.loaded.state === "ready" &&
        (live === null ? (
          <p className="note">Publish a version first: a shadow runs beside the one that is live.</p>
        ) : (
          may && <ShadowForm workflow={workflow} versions={versions} live={live} onStarted={begun} />
        ))}
      <Paged
        pages={shadows}
        what="shadows"
        empty={<p className="note">There was none yet. What it finds is evidence at the gate.</p>}
      >
        {(rows, stale) => (
          <Table label="Shadows" columns={columns} rows={rows} keyOf={(row) => row.id} stale={stale} />
        )}
      </Paged>
    </section>
  );
}

interface GoingProps {
  workflow: number;
  shadow: Backtest;
  may: boolean;
  choose: (number: number) => void;
  onStopped: () => void;
}

function Going({ workflow, shadow, may, choose, onStopped }: GoingProps) {
  const { api } = useSite();
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const stop = () => {
    setBusy(true);
    setTrouble("");
    shadowsOf(api, workflow)
      .stop(shadow.id)
      .then(onStopped, (error: unknown) =>
        setTrouble(error instanceof ApiError ? error.message : "It could not be stopped."),
      )
      .finally(() => setBusy(false));
  };
  return (
    <div className="shadow-going">
      <p className="shadow-agreement">
        <strong>{agreementOf(shadow)}</strong> agreement
      </p>
      <div>
        <p>
          {sidesOf(shadow)}, since {dateTime(shadow.since)}: {grouped(shadow.looked_at)} events.
        </p>
        <Counts backtest={shadow} />
        <p className="note">
          Judged up to {dateTime(shadow.judged_until)}. It ends on {dateTime(shadow.until)}, or when another
          version becomes the live one.
        </p>
      </div>
      <div className="shadow-tools">
        <button type="button" onClick={() => choose(shadow.id)}>
          See the differences
        </button>
        {may && (
          <button type="button" disabled={busy} onClick={stop}>
            Stop
          </button>
        )}
      </div>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
    </div>
  );
}

const SPANS = [1, 7, 14, 30, 90];

interface FormProps {
  workflow: number;
  versions: Version[];
  live: number;
  onStarted: (shadow: Backtest) => void;
}

function ShadowForm({ workflow, versions, live, onStarted }: FormProps) {
  const { api } = useSite();
  const [version, setVersion] = useState("draft");
  const [days, setDays] = useState("14");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    shadowsOf(api, workflow)
      .start({ version: version === "draft" ? "draft" : Number(version), days: Number(days) })
      .then(onStarted, (error: unknown) => {
        const problems = error instanceof ApiError ? error.problems.map((one) => one.message) : [];
        const first = error instanceof ApiError ? error.message : "The shadow could not be started.";
        setTrouble(problems.length > 0 ? problems : [first]);
      })
      .finally(() => setBusy(false));
  };
  return (
    <form className="backtest-form" aria-label="New shadow" onSubmit={submit}>
      <label>
        Follow with
        <select value={version} onChange={(event) => setVersion(event.target.value)}>
          <option value="draft">the draft</option>
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
        For
        <select value={days} onChange={(event) => setDays(event.target.value)}>
          {SPANS.map((span) => (
            <option key={span} value={span}>
              {span === 1 ? "1 day" : `${span} days`}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={busy}>
        Start shadow
      </button>
      <Troubles lines={trouble} />
    </form>
  );
}
