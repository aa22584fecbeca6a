import { useCallback, useEffect, useState } from "react";
import { query } from "../api/client";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { mergeNewest, usePages } from "../app/usePages";
import { OutcomeMark } from "../pages/decisions/DecisionTable";
import { Ago } from "../ui/Ago";
import { ModeChip, StatusMark } from "../ui/chips";
import { Facts } from "../ui/Facts";
import { number } from "../ui/format";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { ReasonDialog } from "../versions/ReasonDialog";
import { LeftOutList } from "./Counted";
import {
  type BackfillDetail,
  type BackfillItem,
  COUNTS,
  type Counted,
  inWords,
  inZone,
  isOpen,
  momentIn,
  nameOf,
  oneOf,
  thingsOf,
} from "./types";
import { Window } from "./Window";
import "./backfills.css";
import { WouldChange } from "../ui/WouldChange";

const LOOK_MS = 2_000;
const MINUTE_MS = 60_000;

/** One backfill or dry run: how far it is, for what it waits, and what came of each slot and event. */
export default function BackfillPage({ id }: { id: number }) {
  const { api } = useSite();
  const [loaded, again] = useLoad(
    useCallback((signal: AbortSignal) => api.get<BackfillDetail>(`backfills/${id}/`, signal), [api, id]),
  );
  const workflow = loaded.state === "ready" ? loaded.value.workflow : null;
  return (
    <>
      <p className="trail">
        {workflow === null ? (
          <Link to="backfills/">Backfills</Link>
        ) : (
          <>
            <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link> ›{" "}
            <Link to={`workflows/${workflow.id}/backfills/`}>Backfills</Link>
          </>
        )}
      </p>
      <Show loaded={loaded} again={again}>
        {(first) => <Followed first={first} />}
      </Show>
    </>
  );
}

/** The backfill, asked for again until it has ended. */
function Followed({ first }: { first: BackfillDetail }) {
  const { api } = useSite();
  const [backfill, setBackfill] = useState(first);
  const [asking, setAsking] = useState(false);
  const going = isOpen(backfill);
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      api.get<BackfillDetail>(`backfills/${first.id}/`).then(setBackfill, () => undefined);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [api, first.id, going]);
  const name = nameOf(backfill);
  return (
    <>
      <Heading title={name}>
        <ModeChip mode={backfill.mode} />
        {going && backfill.may_cancel && (
          <button type="button" aria-haspopup="dialog" onClick={() => setAsking(true)}>
            Cancel…
          </button>
        )}
        {!going && backfill.dry_run && <ForReal of={backfill} />}
      </Heading>
      <p>
        {thingsOf(backfill.total, backfill)} that nobody judged, asked for by{" "}
        {backfill.requested_by ?? "somebody who is gone"} <Ago at={backfill.created_at} />
        {backfill.reason !== "" && `: “${backfill.reason}”`}
      </p>
      <div className="backfill-progress">
        {going && (
          <progress
            aria-label={name}
            max={Math.max(backfill.total, 1)}
            value={backfill.total - backfill.counts.waiting}
          />
        )}
        <p role="status">
          <strong>{backfill.status}</strong>: {inWords(backfill.counts)}
          {backfill.ended_why !== "" && `. ${backfill.ended_why}`}
        </p>
        {backfill.waits_why !== "" && <Waits of={backfill} />}
      </div>
      <Facts
        facts={[
          ["Window", <Window key="window" of={backfill} />],
          ["By the clocks of", backfill.zone],
          ["Judged by", `version ${backfill.version}`],
          ["At most, a minute", backfill.dry_run ? "all: nothing is done" : backfill.rate],
          ["Left out", <LeftOutList key="left-out" leftOut={backfill.left_out} />],
        ]}
      />
      <section aria-labelledby="each">
        <h2 id="each">Each of them</h2>
        <Items key={backfill.status} backfill={backfill} />
      </section>
      {asking && (
        <ReasonDialog
          title={`Cancel backfill ${backfill.id}`}
          text="No more is judged. Runs that it started go on, and what was not judged can be asked for again."
          button="Have no more judged"
          required={false}
          onDone={async (reason) => {
            setBackfill(
              await api.send<BackfillDetail>("POST", `backfills/${backfill.id}/cancel/`, { reason }),
            );
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

function Waits({ of: { waits_why, approval, waits_for } }: { of: BackfillDetail }) {
  return (
    <p className="backfill-held">
      <span aria-hidden="true">‖ </span>
      {waits_why}{" "}
      {approval !== null && (
        <>
          {waits_for.length > 0
            ? `It is for ${oneOf(waits_for)} to decide. `
            : "Nobody may decide it: share the right “approve”. "}
          <Link to={`approvals/${approval}/`}>See the question</Link>
        </>
      )}
    </p>
  );
}

/** From a dry run to the form that counts the very same window. */
function ForReal({ of: { workflow, since, until, zone, slots, events } }: { of: BackfillDetail }) {
  const window = query({
    since: inZone(since, zone),
    until: inZone(Date.parse(until) + MINUTE_MS - 1, zone),
    zone,
    slots: slots ? "" : "no",
    events: events ? "" : "no",
  });
  return (
    <Link className="button quiet" to={`workflows/${workflow.id}/backfills/${window}`}>
      Make up for it…
    </Link>
  );
}

function Items({ backfill }: { backfill: BackfillDetail }) {
  const [search, change] = useSearch();
  const names = (Object.keys(COUNTS) as Counted[]).filter((name) => backfill.counts[name] > 0);
  const came_to = names.find((name) => name === search.came_to) ?? "";
  const pages = usePages<BackfillItem>(
    `backfills/${backfill.id}/items/${query({ came_to })}`,
    isOpen(backfill) ? mergeNewest : undefined,
  );
  return (
    <>
      {names.length > 1 && (
        <div className="filters">
          <div className="filter">
            <label htmlFor="came-to">Came to</label>
            <select
              id="came-to"
              value={came_to}
              onChange={(event) => change({ came_to: event.target.value })}
            >
              <option value="">Anything</option>
              {names.map((name) => (
                <option key={name} value={name}>
                  {COUNTS[name]} ({number(backfill.counts[name])})
                </option>
              ))}
            </select>
          </div>
        </div>
      )}
      <Paged pages={pages} what="slots and events" empty={<p className="note">There is none.</p>}>
        {(items, stale) => (
          <Table
            label={`Slots and events of backfill ${backfill.id}`}
            columns={columnsOf(backfill)}
            rows={items}
            keyOf={(one) => one.id}
            stale={stale}
          />
        )}
      </Paged>
    </>
  );
}

const FORESEEN = {
  "": "would start no run",
  succeeds: "would succeed",
  fails: "would fail",
  asks: "would ask people",
  inconclusive: "can’t be told",
};
const STATES = { waiting: "to come", refused: "refused", skipped: "not judged" };

function columnsOf({ zone, dry_run }: BackfillDetail): Column<BackfillItem>[] {
  return [
    { name: "When", cell: (one) => momentIn(one.at, zone) },
    {
      name: "What",
      cell: (one) =>
        one.slot !== null ? (
          `slot of “${one.title}”`
        ) : (
          <>
            <Link to={`events/${one.event}/`}>Event {one.event}</Link> for “{one.title}”
          </>
        ),
    },
    { name: "Record", cell: (one) => one.record || "–" },
    { name: "Answer", cell: (one) => (one.answer === "" ? "–" : <OutcomeMark outcome={one.answer} />) },
    { name: "Came to", cell: (one) => <CameTo item={one} /> },
    { name: "Why", wide: true, cell: (one) => one.message || "–" },
    ...(dry_run ? [WOULD_CHANGE] : []),
  ];
}

function CameTo({ item }: { item: BackfillItem }) {
  if (item.state === "foreseen") return FORESEEN[item.outcome];
  if (item.state !== "judged") return STATES[item.state];
  if (item.run === null) return "no run";
  return (
    <>
      {item.run_status !== null && <StatusMark status={item.run_status} />}{" "}
      <Link to={`runs/${item.run}/`}>Run {item.run}</Link>
    </>
  );
}

const WOULD_CHANGE: Column<BackfillItem> = {
  name: "Would change",
  wide: true,
  cell: (one) => <WouldChange changes={one.changes} />,
};
