import { useCallback, useState } from "react";
import { ApiError } from "../api/client";
import type { Activity } from "../api/runTypes";
import type { ProblemCount, Workflow } from "../api/types";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { ModeChip, StatusDot } from "../ui/chips";
import { type Active, Choice, Filters, NoHit, Typed } from "../ui/Filters";
import { seconds } from "../ui/format";
import { Link } from "../ui/Link";
import { MiniBars } from "../ui/MiniBars";
import { Heading, Show } from "../ui/Page";
import { percent } from "../ui/shares";
import { type Column, Table } from "../ui/Table";
import { PauseDialog } from "./PauseDialog";
import { TemplateLinks } from "./TemplateCard";
import { chosenOf, teamsOf, type WorkflowFilters } from "./workflowFilters";

interface Row {
  workflow: Workflow;
  activity: Activity | undefined;
}

export function WorkflowListPage() {
  const { api } = useSite();
  const [search] = useSearch();
  const archived = search.archived === "true";
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [workflows, activity, me] = await Promise.all([
        api.allWorkflows(signal, archived),
        api.activity(signal),
        api.me(signal),
      ]);
      const known = new Map(activity.map((one) => [one.workflow, one]));
      const rows = workflows.map((workflow) => ({ workflow, activity: known.get(workflow.id) }));
      return { rows, mayCreate: me.may.create_workflows };
    },
    [api, archived],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <Heading title="Workflows">
        {loaded.state === "ready" && loaded.value.mayCreate && (
          <p className="actions">
            <Link className="button" to="workflows/new/">
              New workflow
            </Link>
          </p>
        )}
      </Heading>
      <Show loaded={loaded} again={again} rows={8}>
        {({ rows, mayCreate }) =>
          rows.length > 0 || archived ? (
            <List all={rows} archived={archived} />
          ) : mayCreate ? (
            <Beginnings />
          ) : (
            <p className="note empty">
              No workflow is shared with you yet. The right “view” on one shows it here; its owner, or an
              admin, can give it.
            </p>
          )
        }
      </Show>
    </>
  );
}

function Beginnings() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [modules, templates] = await Promise.all([api.modules(signal), api.templates(signal)]);
      return { modules: modules.results, templates };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p>There is no workflow yet. Start from a working example, or from nothing.</p>
      <Show loaded={loaded} again={again} rows={8}>
        {(offer) => <TemplateLinks {...offer} />}
      </Show>
    </>
  );
}

function List({ all, archived }: { all: Row[]; archived: boolean }) {
  const { api } = useSite();
  const [changed, setChanged] = useState<ReadonlyMap<number, Workflow>>(new Map());
  const [trouble, setTrouble] = useState("");
  const rows = all.map((row) => ({ ...row, workflow: changed.get(row.workflow.id) ?? row.workflow }));
  const onChanged = (one: Workflow) => setChanged((before) => new Map(before).set(one.id, one));
  const resume = (workflow: Workflow) => {
    setTrouble("");
    api.act(workflow.id, "resume", {}).then(onChanged, (error: unknown) => {
      setTrouble(error instanceof ApiError ? error.message : "It could not be resumed. Try again.");
    });
  };
  const [search, change] = useSearch();
  const filters: WorkflowFilters = search;
  const workflows = rows.map((row) => row.workflow);
  const known = new Map(rows.map((row) => [row.workflow, row.activity]));
  const shown = chosenOf(workflows, filters).map((workflow) => ({ workflow, activity: known.get(workflow) }));
  // The drafts are judged one by one, which takes longer than to list them.
  const [judged] = useLoad(useCallback((signal: AbortSignal) => api.problemCounts(signal), [api]));
  const counts = judged.state === "ready" ? new Map(judged.value.map((one) => [one.workflow, one])) : null;
  const [asked, setAsked] = useState<Workflow | null>(null);
  const modules = [...new Set(workflows.map((one) => one.module ?? ""))].filter((key) => key !== "").sort();
  const labels = { search: "Name", module: "Module", mode: "Mode", team: "Team" };
  const active: Active[] = (Object.keys(labels) as (keyof typeof labels)[])
    .filter((name) => filters[name])
    .map((name) => ({
      label: `${labels[name]}: ${filters[name]}`,
      drop: () => change({ [name]: "" }),
      hits: chosenOf(workflows, { ...filters, [name]: "" }).length > 0,
    }));
  return (
    <>
      <Filters>
        <Typed label="Name" name="search" />
        <Choice label="Module" name="module" options={modules.map((key) => [key, key])} />
        <Choice
          label="Mode"
          name="mode"
          options={[
            ["simulate", "Simulate"],
            ["execute", "Execute"],
          ]}
        />
        <Choice label="Team" name="team" options={teamsOf(workflows).map((team) => [team, team])} />
        <Choice label="Shown" name="archived" any="In use" options={[["true", "Archived"]]} />
      </Filters>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      {all.length === 0 ? (
        <p className="note empty">No workflow is archived.</p>
      ) : shown.length === 0 ? (
        <NoHit what="workflows" active={active} />
      ) : (
        <Table
          label="Workflows"
          columns={[
            ...COLUMNS,
            {
              name: "Problems",
              cell: ({ workflow }) => counts && <Problems workflow={workflow} counts={counts} />,
            },
            {
              name: "Pause",
              cell: ({ workflow, activity }) =>
                workflow.active_version !== null &&
                !archived &&
                activity?.may_pause && (
                  <PauseButton
                    workflow={workflow}
                    onPress={() => (workflow.paused_at === null ? setAsked(workflow) : resume(workflow))}
                  />
                ),
            },
          ]}
          rows={shown}
          keyOf={(row) => row.workflow.id}
        />
      )}
      {asked !== null && <PauseDialog workflow={asked} onClose={() => setAsked(null)} onPaused={onChanged} />}
    </>
  );
}

const COLUMNS: Column<Row>[] = [
  {
    name: "Name",
    wide: true,
    cell: ({ workflow, activity }) => (
      <>
        <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>
        {activity?.last_run?.status === "failed" && (
          <Link className="chip" to={`diagnosis/${workflow.id}/`}>
            Diagnosis<span className="visually-hidden"> of {workflow.name}</span>
          </Link>
        )}
        {workflow.paused_at !== null && <span className="chip paused">Paused</span>}
        {workflow.paused_at !== null && workflow.pause_reason !== "" && (
          <span className="why">{workflow.pause_reason}</span>
        )}
        {workflow.standstill !== null && <span className="chip paused">Stands still</span>}
        {workflow.standstill !== null && <span className="why">{workflow.standstill.sentence}</span>}
      </>
    ),
  },
  { name: "Module", cell: ({ workflow }) => workflow.module ?? "–" },
  {
    name: "Owner",
    cell: ({ workflow: { owner, team } }) => [owner, team].filter(Boolean).join(", ") || "–",
  },
  {
    name: "Live",
    cell: ({ workflow }) =>
      workflow.active_version === null ? (
        <span className="chip">Draft</span>
      ) : (
        <span className="chip-row">
          <span>
            <ModeChip mode={workflow.mode} /> v{workflow.active_version}
          </span>
          {workflow.mode === "execute" && workflow.simulate_only && (
            <Link className="chip" to="mode-policies/">
              held to simulate
            </Link>
          )}
          {workflow.breaker_open && (
            <Link className="chip glass-chip" to={`alerts/?workflow=${workflow.id}`}>
              ⚠ taken back
            </Link>
          )}
          {workflow.glass_broken && (
            <Link className="chip glass-chip" to={`workflows/${workflow.id}/promote/`}>
              ⚠ past the gate
            </Link>
          )}
        </span>
      ),
  },
  { name: "Last 14 days", cell: ({ activity }) => activity && <MiniBars days={activity.days} /> },
  { name: "Succeeded", number: true, cell: ({ activity }) => (activity ? shareOf(activity) : "–") },
  {
    name: "Median",
    number: true,
    cell: ({ activity }) => (activity?.median == null ? "–" : seconds(activity.median)),
  },
  {
    name: "Last run",
    number: true,
    cell: ({ workflow, activity }) =>
      activity?.last_run == null ? (
        "–"
      ) : (
        <Link to={`workflows/${workflow.id}/runs/`}>
          <StatusDot status={activity.last_run.status} /> <Ago at={activity.last_run.created_at} />
        </Link>
      ),
  },
];

function Problems({ workflow, counts }: { workflow: Workflow; counts: ReadonlyMap<number, ProblemCount> }) {
  const count = counts.get(workflow.id);
  if (count === undefined) return "–";
  const { problems, warnings } = count;
  if (problems + warnings === 0) return <span className="note">none</span>;
  return (
    <Link to={`workflows/${workflow.id}/`}>
      {problems > 0 ? `⚠ ${problems}` : `${warnings} worth a look`}
    </Link>
  );
}

function PauseButton({ workflow, onPress }: { workflow: Workflow; onPress: () => void }) {
  return (
    <button type="button" onClick={onPress}>
      {workflow.paused_at === null ? "Pause…" : "Resume"}
      <span className="visually-hidden"> {workflow.name}</span>
    </button>
  );
}

function shareOf({ days }: Activity): string {
  const sum = (part: "succeeded" | "failed") => days.reduce((total, one) => total + one[part], 0);
  return percent(sum("succeeded"), sum("succeeded") + sum("failed"));
}
