import { useCallback, useState } from "react";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { usePages } from "../app/usePages";
import { Differences } from "../pages/audit/Differences";
import { RecordLink } from "../pages/runs/RunList";
import { Ago } from "../ui/Ago";
import { Facts } from "../ui/Facts";
import { JsonTree } from "../ui/JsonTree";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { DiscardDialog } from "./DiscardDialog";
import { TriageMark } from "./marks";
import { RedriveDialog } from "./RedriveDialog";
import { Redrives } from "./Redrives";
import { TriageDialog } from "./TriageDialog";
import type { CauseDetail, Letter, Triage } from "./types";
import "./deadLetters.css";
import "../pages/audit/audit.css";

/** One cause: the letters, how it stands in each workflow, what changed just before, and what to press. */
export default function CausePage({ fingerprint }: { fingerprint: string }) {
  const { api } = useSite();
  const [loaded, again] = useLoad(
    useCallback(
      (signal: AbortSignal) => api.get<CauseDetail>(`dead-letters/${fingerprint}/`, signal),
      [api, fingerprint],
    ),
  );
  return (
    <>
      <p className="trail">
        <Link to="dead-letters/">Dead letters</Link>
      </p>
      <Show loaded={loaded} again={again}>
        {(cause) => <Shown cause={cause} again={again} />}
      </Show>
    </>
  );
}

/** What `?open=` of the address opens, so that the diagnosis leads to the very dialog. */
const OPENED = ["triage", "dry-run", "redrive", "discard"] as const;
type Opened = (typeof OPENED)[number] | null;

function Shown({ cause, again }: { cause: CauseDetail; again: () => void }) {
  const [search, setSearch] = useSearch();
  const [turn, setTurn] = useState(0);
  const mine = cause.workflows.filter((one) => one.may_triage);
  const asked = OPENED.find((one) => one === search.open) ?? null;
  const possible = mine.length > 0 && (asked === "triage" || cause.open > 0);
  const opened: Opened = possible ? asked : null;
  const open = (what: Opened) => setSearch({ open: what ?? "" });
  const done = () => {
    setTurn((now) => now + 1);
    again();
  };
  return (
    <>
      <Heading title={cause.cause || cause.code}>
        <TriageMark state={cause.state} />
      </Heading>
      {mine.length > 0 && (
        <p className="actions">
          {cause.open > 0 && (
            <>
              <button
                type="button"
                className="primary"
                aria-haspopup="dialog"
                onClick={() => open("dry-run")}
              >
                Redrive {cause.open}…
              </button>
              <button type="button" aria-haspopup="dialog" onClick={() => open("discard")}>
                Discard…
              </button>
            </>
          )}
          <button type="button" aria-haspopup="dialog" onClick={() => open("triage")}>
            Triage…
          </button>
        </p>
      )}
      <Facts
        facts={[
          ["Open", cause.open],
          ["Redriven", cause.redriven],
          ["Discarded", cause.discarded],
          ["Step", cause.kind || "none"],
          ["Code", cause.code],
          ["First seen", <Ago key="first" at={cause.first_seen_at} />],
          ["Last seen", <Ago key="last" at={cause.last_seen_at} />],
        ]}
      />
      <section aria-labelledby="workflows">
        <h2 id="workflows">In which workflows</h2>
        <Table
          label="Workflows with this cause"
          columns={WORKFLOWS}
          rows={cause.workflows}
          keyOf={(one) => one.workflow.id}
        />
      </section>
      <Redrives key={turn} fingerprint={cause.fingerprint} ended={again} />
      <section aria-labelledby="before">
        <h2 id="before">What changed just before it was first seen</h2>
        {cause.changes.length === 0 ? (
          <p className="note">
            Nothing that you may see, in the week before: no version, policy, destination, module or right.
            Look at what the workflow calls or reads.
          </p>
        ) : (
          <Table label="What changed before" columns={CHANGES} rows={cause.changes} keyOf={(one) => one.id} />
        )}
      </section>
      <Letters key={`letters-${turn}`} fingerprint={cause.fingerprint} />
      {opened === "triage" && <TriageDialog cause={cause} onDone={again} onClose={() => open(null)} />}
      {opened === "discard" && <DiscardDialog cause={cause} onDone={done} onClose={() => open(null)} />}
      {(opened === "dry-run" || opened === "redrive") && (
        <RedriveDialog
          forReal={opened === "redrive"}
          chosen={{ fingerprint: cause.fingerprint }}
          what={cause.open === 1 ? "1 dead letter" : `${cause.open} dead letters`}
          onDone={done}
          onClose={() => open(null)}
        />
      )}
    </>
  );
}

const WORKFLOWS: Column<Triage>[] = [
  {
    name: "Workflow",
    cell: ({ workflow }) => (
      <>
        <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>{" "}
        <Link className="chip" to={`diagnosis/${workflow.id}/`}>
          Diagnosis<span className="visually-hidden"> of {workflow.name}</span>
        </Link>
      </>
    ),
  },
  {
    name: "Stands",
    cell: ({ state, fixed_in, reopened }) => (
      <>
        <TriageMark state={state} />
        {fixed_in !== null && ` in version ${fixed_in}`}
        {reopened > 0 && ` (seen again ${reopened === 1 ? "once" : `${reopened} times`} after it was fixed)`}
      </>
    ),
  },
  { name: "Whose", cell: ({ assignee }) => assignee ?? "nobody" },
  { name: "Note", wide: true, cell: ({ note }) => note || "–" },
  { name: "First seen", number: true, cell: ({ first_seen_at }) => <Ago at={first_seen_at} /> },
];

const CHANGES: Column<CauseDetail["changes"][number]>[] = [
  {
    name: "Change",
    wide: true,
    cell: ({ page, sentence }) => (page === "" ? sentence : <Link to={page}>{sentence}</Link>),
  },
  {
    name: "Before and after",
    wide: true,
    cell: (entry) => <Differences before={entry.before} after={entry.after} />,
  },
  { name: "When", number: true, cell: (entry) => <Ago at={entry.at} /> },
];

function Letters({ fingerprint }: { fingerprint: string }) {
  const pages = usePages<Letter>(`dead-letters/${fingerprint}/letters/`);
  return (
    <section aria-labelledby="letters">
      <h2 id="letters">The letters</h2>
      <Paged pages={pages} what="letters" empty={<p className="note">None is left.</p>}>
        {(letters, stale) => (
          <Table
            label="Letters of this cause"
            columns={LETTERS}
            rows={letters}
            keyOf={(one) => one.id}
            stale={stale}
          />
        )}
      </Paged>
    </section>
  );
}

const LETTERS: Column<Letter>[] = [
  { name: "Run", cell: (one) => <Link to={`runs/${one.run}/`}>{one.run}</Link> },
  {
    name: "State",
    cell: (one) =>
      one.retried_as === null ? (
        one.state
      ) : (
        <>
          {one.state}, as run <Link to={`runs/${one.retried_as}/`}>{one.retried_as}</Link>
        </>
      ),
  },
  { name: "What it said", wide: true, cell: (one) => one.message },
  { name: "Record", cell: (one) => <RecordLink module={one.module} record={one.record} /> },
  {
    name: "Event",
    cell: (one) => (one.event === null ? "–" : <Link to={`events/${one.event}/`}>{one.event}</Link>),
  },
  { name: "Version", cell: (one) => `v${one.version}` },
  { name: "Attempts", number: true, cell: (one) => one.attempts },
  {
    name: "Started with",
    cell: (one) =>
      one.input === null ? (
        "hidden"
      ) : Object.keys(one.input).length === 0 ? (
        "–"
      ) : (
        <JsonTree label={`Input of run ${one.run}`} path="input" value={one.input} />
      ),
  },
  { name: "When", number: true, cell: (one) => <Ago at={one.created_at} /> },
];
