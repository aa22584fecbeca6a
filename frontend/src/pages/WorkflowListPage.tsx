import { useCallback } from "react";
import type { Activity, Workflow } from "../api/types";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { ModeChip, StatusMark } from "../ui/chips";
import { type Active, Choice, Filters, NoHit, Typed } from "../ui/Filters";
import { Link } from "../ui/Link";
import { MiniBars } from "../ui/MiniBars";
import { Heading, Show } from "../ui/Page";
import { percent } from "../ui/shares";
import { type Column, Table } from "../ui/Table";
import { chosenOf, teamsOf, type WorkflowFilters } from "./workflowFilters";

interface Row {
  workflow: Workflow;
  activity: Activity | undefined;
}

export function WorkflowListPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [workflows, activity, me] = await Promise.all([
        api.allWorkflows(signal),
        api.activity(signal),
        api.me(signal),
      ]);
      const known = new Map(activity.map((one) => [one.workflow, one]));
      const rows = workflows.map((workflow) => ({ workflow, activity: known.get(workflow.id) }));
      return { rows, mayCreate: me.may.create_workflows };
    },
    [api],
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
      <Show loaded={loaded} again={again}>
        {({ rows, mayCreate }) =>
          rows.length === 0 ? (
            <p className="note empty">
              {mayCreate
                ? "There is no workflow yet. Begin with a new one: a template shows how one is made."
                : "No workflow is shared with you yet. Its owner, or an admin, can share one."}
            </p>
          ) : (
            <List rows={rows} />
          )
        }
      </Show>
    </>
  );
}

function List({ rows }: { rows: Row[] }) {
  const [search, change] = useSearch();
  const filters: WorkflowFilters = search;
  const workflows = rows.map((row) => row.workflow);
  const known = new Map(rows.map((row) => [row.workflow, row.activity]));
  const shown = chosenOf(workflows, filters).map((workflow) => ({ workflow, activity: known.get(workflow) }));
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
      </Filters>
      {shown.length === 0 ? (
        <NoHit what="workflows" active={active} />
      ) : (
        <Table label="Workflows" columns={COLUMNS} rows={shown} keyOf={(row) => row.workflow.id} />
      )}
    </>
  );
}

const COLUMNS: Column<Row>[] = [
  {
    name: "Name",
    cell: ({ workflow }) => (
      <>
        <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>
        {workflow.paused_at !== null && <span className="chip paused">Paused</span>}
        {workflow.paused_at !== null && workflow.pause_reason !== "" && (
          <span className="why">{workflow.pause_reason}</span>
        )}
      </>
    ),
  },
  { name: "Module", cell: ({ workflow }) => workflow.module ?? "–" },
  { name: "Team", cell: ({ workflow }) => workflow.team || "–" },
  { name: "Owner", cell: ({ workflow }) => workflow.owner ?? "–" },
  {
    name: "Live",
    cell: ({ workflow }) =>
      workflow.active_version === null ? (
        <span className="chip">Draft</span>
      ) : (
        <>
          <ModeChip mode={workflow.mode} /> v{workflow.active_version}
        </>
      ),
  },
  { name: "Last 14 days", cell: ({ activity }) => activity && <MiniBars days={activity.days} /> },
  { name: "Succeeded", number: true, cell: ({ activity }) => (activity ? shareOf(activity) : "–") },
  {
    name: "Last run",
    number: true,
    cell: ({ workflow, activity }) =>
      activity?.last_run == null ? (
        "–"
      ) : (
        <Link to={`workflows/${workflow.id}/runs/`}>
          <StatusMark status={activity.last_run.status} /> <Ago at={activity.last_run.created_at} />
        </Link>
      ),
  },
];

function shareOf({ days }: Activity): string {
  const sum = (part: "succeeded" | "failed") => days.reduce((total, one) => total + one[part], 0);
  return percent(sum("succeeded"), sum("succeeded") + sum("failed"));
}
