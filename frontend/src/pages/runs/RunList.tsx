import { lazy, Suspense, useCallback, useState } from "react";
import { query } from "../../api/client";
import type { Decision } from "../../api/recordTypes";
import type { Run } from "../../api/runTypes";
import { useSite } from "../../app/context";
import { navigate, useSearch } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { useOptions } from "../../app/useOptions";
import { mergeNewest, usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { ModeChip, StatusMark } from "../../ui/chips";
import { Choice, Filters, NoHitAsked, Typed } from "../../ui/Filters";
import { clock, dateTime, duration } from "../../ui/format";
import { Link, recordTo } from "../../ui/Link";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { DecisionTable } from "../decisions/DecisionTable";
import { Matches } from "./Matches";
import { type RunFilters, redriveOf, runsAddress, setFilters } from "./runFilters";
import "./runs.css";

const RedriveDialog = lazy(async () => ({
  default: (await import("../../deadLetters/RedriveDialog")).RedriveDialog,
}));

const STATUSES = ["queued", "running", "waiting", "succeeded", "failed", "cancelled"] as const;

/** Runs by the filters in the address, of one workflow or of all; the newest arrive by themselves. */
export function RunList({ workflow }: { workflow?: number }) {
  const [search, change] = useSearch();
  const filters: RunFilters = search;
  const { modules } = useOptions();
  const pages = usePages<Run>(runsAddress(filters, workflow), mergeNewest);
  const active = setFilters(filters).map(({ name, label }) => ({
    label,
    drop: () => change({ [name]: "" }),
    without: runsAddress({ ...filters, [name]: "" }, workflow),
  }));
  return (
    <>
      <Filters>
        <Typed label="Search" name="search" />
        <Choice label="Status" name="status" options={STATUSES.map((status) => [status, status])} />
        <Choice
          label="Mode"
          name="mode"
          options={[
            ["simulate", "Simulate"],
            ["execute", "Execute"],
          ]}
        />
        {workflow === undefined && (
          <Choice label="Module" name="module" options={modules.map((one) => [one.key, one.name])} />
        )}
        <Choice label="Review" name="review" options={[["needs", "needs review"]]} />
        <Choice label="Place" name="place" options={[["waits", "waits for one"]]} />
        <Typed label="Record" name="record" />
        <Typed label="Error code" name="code" />
        <Typed label="From" name="from" type="date" />
        <Typed label="To" name="to" type="date" />
      </Filters>
      {filters.search && pages.searchedUpTo && (
        <p className="note">Searched up to {clock(pages.searchedUpTo)}. Newer runs follow in a moment.</p>
      )}
      {filters.search && pages.logsReadFrom && (
        <p className="note">
          Log lines and outputs of runs before {dateTime(pages.logsReadFrom)} are still being read.
        </p>
      )}
      <RetryThese
        filters={filters}
        workflow={workflow}
        some={pages.loaded.state === "ready" && pages.loaded.value.length > 0}
      />
      <Paged
        pages={pages}
        what="runs"
        empty={
          active.length > 0 ? <NoHitAsked what="runs" active={active} /> : <NothingRan workflow={workflow} />
        }
      >
        {(runs, stale) => (
          <RunTable
            runs={runs}
            stale={stale}
            columns={withMatches(workflow === undefined ? ALL : OF_ONE, filters.search)}
          />
        )}
      </Paged>
    </>
  );
}

interface Retrying {
  filters: RunFilters;
  workflow: number | undefined;
  some: boolean;
}

/** All that the filters select of what gave up, retried together; the dialog begins as a dry run. */
function RetryThese({ filters, workflow, some }: Retrying) {
  const { api, home } = useSite();
  const [open, setOpen] = useState(false);
  const [may] = useLoad(
    useCallback(
      async (signal: AbortSignal) =>
        workflow === undefined
          ? (await api.me(signal)).may.retry
          : (await api.workflow(workflow, signal)).rights.includes("retry"),
      [api, workflow],
    ),
  );
  const { status } = filters;
  // A redrive knows no events and no ends.
  if (
    (status !== "failed" && status !== "cancelled") ||
    !some ||
    may.state !== "ready" ||
    !may.value ||
    filters.events ||
    filters.search ||
    filters.code ||
    filters.ended_from ||
    filters.ended_to
  ) {
    return null;
  }
  return (
    <p className="actions">
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Retry these…
      </button>
      {open && (
        <Suspense fallback={null}>
          <RedriveDialog
            chosen={redriveOf(filters, workflow)}
            what="what the filters select"
            onDone={(made) => navigate(`${home}redrives/${made.id}/`)}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </p>
  );
}

const DECISIONS = 5;

function NothingRan({ workflow }: { workflow: number | undefined }) {
  if (workflow !== undefined) return <NothingStarted workflow={workflow} />;
  return (
    <p className="note empty">
      Nothing has run yet. A run begins when an event meets the trigger of a live workflow; the{" "}
      <Link to="decisions/">decisions</Link> say why an event started none.
    </p>
  );
}

/** Why a workflow has no run: what its triggers answered last, or that they heard of nothing. */
function NothingStarted({ workflow }: { workflow: number }) {
  const pages = usePages<Decision>(`decisions/${query({ workflow, limit: DECISIONS })}`);
  const design = <Link to={`workflows/${workflow}/`}>Run a test</Link>;
  return (
    <>
      <p className="note empty">
        Nothing has started this workflow yet. {design} to see what it would do with the records of today.
      </p>
      <Paged
        pages={{ ...pages, older: null }}
        what="decisions"
        empty={<p className="note">No event has arrived that one of its live triggers listens to.</p>}
      >
        {(decisions) => (
          <section aria-labelledby="last-decisions">
            <h2 id="last-decisions">What its triggers answered last</h2>
            <DecisionTable decisions={decisions} />
          </section>
        )}
      </Paged>
    </>
  );
}

interface Showing {
  runs: Run[];
  stale?: boolean;
  columns?: Column<Run>[];
}

export function RunTable({ runs, stale = false, columns = ALL }: Showing) {
  return <Table label="Runs" columns={columns} rows={runs} keyOf={(run) => run.id} stale={stale} />;
}

const WORKFLOW: Column<Run> = {
  name: "Workflow",
  cell: ({ workflow }) => <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>,
};
const OF_ONE: Column<Run>[] = [
  { name: "Run", cell: (run) => <Link to={`runs/${run.id}/`}>{run.id}</Link> },
  {
    name: "Status",
    cell: (run) => (
      <>
        <StatusMark status={run.status} />
        {run.needs_review && <span className="why">Needs review: did a call happen?</span>}
        {run.waits_for_place && <span className="why">Waits for a place.</span>}
        {run.failure.message && <span className="why">{run.failure.message}</span>}
      </>
    ),
  },
  { name: "Record", cell: (run) => <RecordLink module={run.module ?? null} record={run.record} /> },
  { name: "Mode", cell: (run) => <ModeChip mode={run.mode} /> },
  { name: "Version", cell: (run) => `v${run.version}` },
  { name: "Created", number: true, cell: (run) => <Ago at={run.created_at} /> },
  {
    name: "Took",
    number: true,
    cell: (run) => (run.finished_at === null ? "–" : duration(run.started_at, run.finished_at, 0)),
  },
];
const ALL: Column<Run>[] = [...OF_ONE.slice(0, 1), WORKFLOW, ...OF_ONE.slice(1)];

/** The columns and, for a search, one of where its words stand. */
function withMatches(columns: Column<Run>[], search: string | undefined): Column<Run>[] {
  if (!search) return columns;
  const found: Column<Run> = {
    name: "Found in",
    wide: true,
    cell: (run) => <Matches run={run} search={search} />,
  };
  return [...columns.slice(0, -4), found, ...columns.slice(-4)];
}

export function RecordLink({ module, record }: { module: string | null; record: string }) {
  if (record === "") return "–";
  return module === null ? record : <Link to={recordTo(module, record)}>{record}</Link>;
}
