import { useCallback } from "react";
import { query } from "../api/client";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { useOptions } from "../app/useOptions";
import { Ago } from "../ui/Ago";
import { Choice, Filters, NoHit, Typed } from "../ui/Filters";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { type Column, Table } from "../ui/Table";
import { Days, TriageMark } from "./marks";
import { type Cause, STATES } from "./types";
import "./deadLetters.css";

const LABELS = { workflow: "Workflow", state: "Stands", assignee: "Whose", all: "Letters" };
type Name = keyof typeof LABELS;

/** What is stuck, by its cause: with open letters, or all that ever was. */
export default function DeadLettersPage() {
  const { api } = useSite();
  const { workflows } = useOptions();
  const [search, change] = useSearch();
  const { workflow, state, assignee, all } = search;
  const asked = query({ workflow, state, assignee, open: all ? undefined : "true" });
  const [loaded, again] = useLoad(
    useCallback(
      (signal: AbortSignal) => api.get<{ total: number; results: Cause[] }>(`dead-letters/${asked}`, signal),
      [api, asked],
    ),
  );
  const waiting = loaded.state === "ready" ? loaded.value.results.reduce((sum, one) => sum + one.open, 0) : 0;
  const active = (Object.keys(LABELS) as Name[])
    .filter((name) => search[name] && name !== "all")
    .map((name) => ({ label: `${LABELS[name]}: ${search[name]}`, drop: () => change({ [name]: "" }) }));
  return (
    <>
      <Heading title="Dead letters" count={waiting} />
      <p className="note">
        Runs that gave up, kept whole, under what they have in common. Redrive them once the cause is mended.
      </p>
      <Filters>
        <Choice label="Letters" name="all" any="Open" options={[["yes", "Open and settled"]]} />
        <Choice label="Stands" name="state" options={Object.entries(STATES)} />
        <Choice
          label="Workflow"
          name="workflow"
          options={workflows.map((one) => [String(one.id), one.name])}
        />
        <Typed label="Whose" name="assignee" />
      </Filters>
      <Show loaded={loaded} again={again}>
        {({ total, results }) =>
          results.length === 0 ? (
            active.length > 0 ? (
              <NoHit what="dead letters" active={active} />
            ) : (
              <p className="note empty">
                No work is stuck. When a run in execute gives up, it is kept here with all it knew, together
                with others that failed for the same cause.
              </p>
            )
          ) : (
            <>
              <Table
                label="Causes of dead letters"
                columns={COLUMNS}
                rows={results}
                keyOf={(one) => one.fingerprint}
              />
              {total > results.length && (
                <p className="note">
                  The {results.length} that were seen last, of {total}. Filter to find others.
                </p>
              )}
            </>
          )
        }
      </Show>
    </>
  );
}

const COLUMNS: Column<Cause>[] = [
  {
    name: "Cause",
    wide: true,
    cell: (one) => <Link to={`dead-letters/${one.fingerprint}/`}>{one.cause || one.code}</Link>,
  },
  { name: "Stands", cell: (one) => <TriageMark state={one.state} /> },
  { name: "Open", number: true, cell: (one) => one.open },
  { name: "In all", number: true, cell: (one) => one.total },
  {
    name: "Workflows",
    wide: true,
    cell: (one) => one.workflows.map(({ workflow }) => workflow.name).join(", "),
  },
  { name: "Last 14 days", cell: (one) => <Days days={one.days} /> },
  {
    name: "Whose",
    cell: (one) => [...new Set(one.workflows.map(({ assignee }) => assignee ?? "nobody"))].join(", "),
  },
  { name: "First seen", number: true, cell: (one) => <Ago at={one.first_seen_at} /> },
  { name: "Last seen", number: true, cell: (one) => <Ago at={one.last_seen_at} /> },
];
