import { useCallback, useEffect, useState } from "react";
import { useSite } from "../app/context";
import { usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { StatusMark } from "../ui/chips";
import { Link } from "../ui/Link";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { WouldChange } from "../ui/WouldChange";
import type { Edit } from "./edits";
import { Rests } from "./Rests";
import {
  doneOf,
  inWords,
  isOpen,
  type Redrive,
  type RedriveDetail,
  type RedriveItem,
  type Rest,
} from "./types";

const LOOK_MS = 2_000;
const SHOWN = 5;

/** The newest redrives of a cause, each with how far it is and what became of its runs. */
export function Redrives({ fingerprint, ended }: { fingerprint: string; ended: () => void }) {
  const { api } = useSite();
  const [redrives, setRedrives] = useState<Redrive[]>([]);
  useEffect(() => {
    const gone = new AbortController();
    api.list<Redrive>(`redrives/?fingerprint=${fingerprint}&limit=${SHOWN}`, "", gone.signal).then(
      (page) => setRedrives(page.results),
      () => undefined, // the page says elsewhere that the server can't be reached
    );
    return () => gone.abort();
  }, [api, fingerprint]);
  if (redrives.length === 0) return null;
  return (
    <section aria-labelledby="redrives">
      <h2 id="redrives">Redrives</h2>
      {redrives.map((one, index) => (
        <RedrivePart key={one.id} first={one} open={index === 0} ended={ended} />
      ))}
    </section>
  );
}

interface Showing {
  first: Redrive | RedriveDetail;
  open?: boolean;
  ended?: () => void;
}

/** One redrive, followed until it has ended. */
export function RedrivePart({ first, open = false, ended }: Showing) {
  const { api } = useSite();
  const [redrive, setRedrive] = useState<Redrive>(first);
  const [mayCancel, setMayCancel] = useState(false);
  const [rests, setRests] = useState<Rest[]>("rests" in first ? first.rests : []);
  const [trouble, setTrouble] = useState("");
  const look = useCallback(
    (told: RedriveDetail) => {
      setRedrive(told);
      setMayCancel(told.may_cancel);
      setRests(told.rests);
      if (!isOpen(told)) ended?.();
    },
    [ended],
  );
  const going = isOpen(redrive);
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      api.get<RedriveDetail>(`redrives/${first.id}/`).then(look, () => undefined);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [api, first.id, going, look]);
  const cancel = () => {
    setTrouble("");
    api
      .send<RedriveDetail>("POST", `redrives/${first.id}/cancel/`, {})
      .then(look, (error: unknown) => setTrouble(error instanceof Error ? error.message : "It goes on."));
  };
  const name = `${redrive.dry_run ? "Dry run" : "Redrive"} ${redrive.id}`;
  return (
    <article className="redrive" aria-label={name}>
      <p>
        <Link to={`redrives/${redrive.id}/`}>
          <strong>{name}</strong>
        </Link>{" "}
        {redrive.status}, by {redrive.requested_by ?? "somebody who is gone"} <Ago at={redrive.created_at} />,
        from {redrive.start === "start" ? "the start" : "the failed step"}, with{" "}
        {redrive.version === "active" ? "the active version" : "the version of each run"}
        {!redrive.dry_run && `, ${redrive.rate} a minute`}
        {redrive.reason !== "" && `: ${redrive.reason}`}
      </p>
      {redrive.edited > 0 && (
        <p>
          The input of {redrive.edited} of {redrive.total} is edited
          {redrive.edit !== null && `: ${editInWords(redrive.edit)}`}.
        </p>
      )}
      <Rests rests={rests} />
      {going && <progress aria-label={name} max={Math.max(redrive.total, 1)} value={doneOf(redrive)} />}
      <p role="status">
        {inWords(redrive.counts)}
        {redrive.ended_why !== "" && `. ${redrive.ended_why}`}
      </p>
      {going && mayCancel && (
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      )}
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <Items key={redrive.status} redrive={redrive} open={open} />
    </article>
  );
}

function Items({ redrive, open }: { redrive: Redrive; open: boolean }) {
  const [shown, setShown] = useState(open && !isOpen(redrive));
  return (
    <details open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>Each run</summary>
      {shown && <ItemList id={redrive.id} />}
    </details>
  );
}

function ItemList({ id }: { id: number }) {
  const pages = usePages<RedriveItem>(`redrives/${id}/items/`);
  return (
    <Paged pages={pages} what="runs" empty={<p className="note">There is none.</p>}>
      {(items, stale) => (
        <Table
          label={`Runs of redrive ${id}`}
          columns={COLUMNS}
          rows={items}
          keyOf={(one) => one.id}
          stale={stale}
        />
      )}
    </Paged>
  );
}

const FORESEEN = {
  "": "",
  succeeds: "would succeed",
  fails: "would fail again",
  asks: "would ask people",
  inconclusive: "can’t be told",
};
const STATES = { waiting: "to come", refused: "refused", skipped: "not begun" };

const COLUMNS: Column<RedriveItem>[] = [
  { name: "Run", cell: (one) => <Link to={`runs/${one.run}/`}>{one.run}</Link> },
  { name: "Workflow", cell: (one) => one.workflow.name },
  { name: "Record", cell: (one) => one.record || "–" },
  {
    name: "Came to",
    cell: (one) => {
      if (one.state === "foreseen") return FORESEEN[one.outcome];
      if (one.state !== "started") return STATES[one.state];
      if (one.retry === null || one.retry_status === null) return "its run is gone";
      return (
        <>
          <StatusMark status={one.retry_status} /> as run <Link to={`runs/${one.retry}/`}>{one.retry}</Link>
        </>
      );
    },
  },
  { name: "Input", cell: (one) => (one.edited ? "edited" : "as it was") },
  { name: "Why", wide: true, cell: (one) => one.message || "–" },
  {
    name: "Would change",
    wide: true,
    cell: (one) => <WouldChange changes={one.changes} />,
  },
];

function editInWords({ set, remove }: Edit): string {
  return [
    ...Object.entries(set).map(([name, value]) => `${name} is ${said(value)}`),
    ...remove.map((name) => `${name} is taken out`),
  ].join(", ");
}

function said(value: unknown): string {
  return value === null || value === undefined
    ? "nothing"
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}
