import { useCallback } from "react";
import { query } from "../api/client";
import { useSite } from "../app/context";
import { navigate, useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { useOptions } from "../app/useOptions";
import { mergeNewest, usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { ModeChip } from "../ui/chips";
import { Choice, Filters, NoHit } from "../ui/Filters";
import { number } from "../ui/format";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { WorkflowHead } from "../ui/WorkflowHead";
import { StartForm } from "./StartForm";
import { type Backfill, inWords, nameOf } from "./types";
import { Window } from "./Window";
import "./backfills.css";

/** What was made up for, or foreseen, of all workflows that one may see. */
export function BackfillsPage() {
  const [search, change] = useSearch();
  const { workflows } = useOptions();
  const { workflow = "" } = search;
  const named = workflows.find((one) => String(one.id) === workflow);
  return (
    <>
      <Heading title="Backfills">
        {named !== undefined && (
          <Link className="button quiet" to={`workflows/${named.id}/backfills/`}>
            Make up for what {named.name} missed
          </Link>
        )}
      </Heading>
      <p className="note">
        What nobody judged at its time, and was made up for later. Start one on a workflow’s page, under
        Backfills.
      </p>
      <Filters>
        <Choice
          label="Workflow"
          name="workflow"
          options={workflows.map((one) => [String(one.id), one.name])}
        />
      </Filters>
      <List
        workflow={/^\d{1,15}$/.test(workflow) ? Number(workflow) : undefined}
        empty={
          workflow === "" ? (
            <Teaching />
          ) : (
            <NoHit
              what="backfills"
              active={[
                { label: `Workflow: ${named?.name ?? workflow}`, drop: () => change({ workflow: "" }) },
              ]}
            />
          )
        }
        columns={OF_ALL}
      />
    </>
  );
}

/** Those of one workflow, and the form that starts one. */
export function WorkflowBackfillsPage({ id }: { id: number }) {
  const { api, home } = useSite();
  const [loaded, again] = useLoad(
    useCallback(async (signal: AbortSignal) => ({ workflow: await api.workflow(id, signal) }), [api, id]),
  );
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="backfills" what="Backfills of" />
      <Show loaded={loaded} again={again}>
        {({ workflow }) => (
          <>
            <p className="note">
              What was missed while the ticker was down, the workflow was paused or not live yet? It is judged
              now: slots of schedules, and events of the past.
            </p>
            {workflow.archived_at !== null || workflow.active_version === null ? (
              <p className="note empty">
                {workflow.archived_at !== null ? "It is archived" : "No version of it is live"}, so that it
                judges nothing. <Link to={`workflows/${id}/`}>Open its design</Link>
              </p>
            ) : workflow.rights.includes("run") ? (
              <StartForm workflow={workflow} onStarted={(made) => navigate(`${home}backfills/${made.id}/`)} />
            ) : (
              <p className="note">
                Starting one takes the right “run”. {workflow.owner ?? "An admin"} can share it with you.
              </p>
            )}
            <section aria-labelledby="backfills-all">
              <h2 id="backfills-all">All backfills</h2>
              <List workflow={id} empty={<Teaching />} columns={OF_ONE} />
            </section>
          </>
        )}
      </Show>
    </>
  );
}

function Teaching() {
  return (
    <div className="note empty">
      <p>Nothing was made up for yet.</p>
      <p>
        A backfill gives what nobody judged in a window of the past to the live triggers: once each, at a
        rate, and never above the blast radius without a yes. It is counted before anything begins, and a dry
        run only tells what would come of it.
      </p>
    </div>
  );
}

interface Listed {
  workflow: number | undefined;
  empty: React.ReactNode;
  columns: Column<Backfill>[];
}

function List({ workflow, empty, columns }: Listed) {
  const pages = usePages<Backfill>(`backfills/${query({ workflow })}`, mergeNewest);
  return (
    <Paged pages={pages} what="backfills" empty={empty}>
      {(rows, stale) => (
        <Table label="Backfills" columns={columns} rows={rows} keyOf={(one) => one.id} stale={stale} />
      )}
    </Paged>
  );
}

const WORKFLOW: Column<Backfill> = {
  name: "Workflow",
  cell: ({ workflow }) => <Link to={`workflows/${workflow.id}/backfills/`}>{workflow.name}</Link>,
};
const OF_ONE: Column<Backfill>[] = [
  { name: "Backfill", cell: (one) => <Link to={`backfills/${one.id}/`}>{nameOf(one)}</Link> },
  { name: "Window", number: true, cell: (one) => <Window of={one} /> },
  { name: "Status", cell: (one) => one.status },
  { name: "In all", number: true, cell: (one) => number(one.total) },
  { name: "Came to", wide: true, cell: (one) => inWords(one.counts) },
  { name: "Mode", cell: (one) => <ModeChip mode={one.mode} /> },
  { name: "By", cell: (one) => one.requested_by ?? "–" },
  { name: "Asked", number: true, cell: (one) => <Ago at={one.created_at} /> },
];
const OF_ALL: Column<Backfill>[] = [...OF_ONE.slice(0, 1), WORKFLOW, ...OF_ONE.slice(1)];
