import { useCallback, useState } from "react";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Differences } from "../pages/audit/Differences";
import { brief } from "../pages/audit/differing";
import { Ago } from "../ui/Ago";
import { Facts } from "../ui/Facts";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { type Column, Table } from "../ui/Table";
import { DiscardDialog } from "./DiscardDialog";
import { Letters } from "./Letters";
import { TriageMark } from "./marks";
import { RedriveDialog } from "./RedriveDialog";
import { Redrives } from "./Redrives";
import { TriageDialog } from "./TriageDialog";
import { type CauseDetail, type Letter, manyLetters, type Triage } from "./types";
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
  const [ticked, setTicked] = useState<Letter[]>([]);
  const mine = cause.workflows.some((one) => one.may_triage);
  const may: Record<(typeof OPENED)[number], boolean> = {
    triage: mine,
    discard: cause.may_settle > 0,
    redrive: cause.may_settle > 0 && cause.why_not_redrive === "",
    "dry-run": cause.may_settle > 0 && cause.why_not_redrive === "",
  };
  const asked = OPENED.find((one) => one === search.open && may[one]) ?? null;
  const opened: Opened = asked;
  const open = (what: Opened, letters: Letter[] = []) => {
    setTicked(letters);
    setSearch({ open: what ?? "" });
  };
  const done = () => {
    setTurn((now) => now + 1);
    again();
  };
  return (
    <>
      <Heading title={cause.cause || cause.code} count={cause.open}>
        <TriageMark state={cause.state} />
      </Heading>
      {mine && (
        <p className="actions">
          {may.redrive && (
            <button type="button" className="primary" aria-haspopup="dialog" onClick={() => open("dry-run")}>
              Redrive {cause.may_settle}…
            </button>
          )}
          {may.discard && (
            <button type="button" aria-haspopup="dialog" onClick={() => open("discard")}>
              Discard…
            </button>
          )}
          <button type="button" aria-haspopup="dialog" onClick={() => open("triage")}>
            Triage…
          </button>
        </p>
      )}
      <WhoMay cause={cause} />
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
      <Letters
        key={`letters-${turn}`}
        cause={cause}
        onRedrive={(letters) => open("dry-run", letters)}
        onDiscard={(letters) => open("discard", letters)}
      />
      {opened === "triage" && <TriageDialog cause={cause} onDone={again} onClose={() => open(null)} />}
      {opened === "discard" && (
        <DiscardDialog cause={cause} letters={ticked} onDone={done} onClose={() => open(null)} />
      )}
      {(opened === "dry-run" || opened === "redrive") && (
        <RedriveDialog
          forReal={opened === "redrive"}
          chosen={{
            fingerprint: cause.fingerprint,
            ...(ticked.length > 0 ? { runs: ticked.map((one) => one.run) } : {}),
          }}
          what={manyLetters(ticked.length || cause.may_settle)}
          onDone={done}
          onClose={() => open(null)}
        />
      )}
    </>
  );
}

/** Why not all of the open letters, or none, are the reader's to settle. */
function WhoMay({ cause }: { cause: CauseDetail }) {
  if (cause.open === 0) return null;
  if (cause.why_not_settle !== "") return <p className="note">{cause.why_not_settle}</p>;
  const others = cause.open - cause.may_settle;
  return (
    <>
      {cause.why_not_redrive !== "" && <p className="note">{cause.why_not_redrive}</p>}
      {others > 0 && (
        <p className="note">
          {manyLetters(others)} {others === 1 ? "is" : "are"} of workflows whose runs you may not retry: who
          may, settles them.
        </p>
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
  { name: "Open", number: true, cell: (one) => one.open },
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
    cell: (entry) => <Differences before={brief(entry.before)} after={brief(entry.after)} />,
  },
  { name: "When", number: true, cell: (entry) => <Ago at={entry.at} /> },
];
