import { usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import type { Alert } from "./types";
import { lasted } from "./words";

const COLUMNS: Column<Alert>[] = [
  {
    name: "What",
    wide: true,
    cell: (alert) => (
      <>
        {alert.workflow !== null && (
          <>
            <Link to={`workflows/${alert.workflow}/`}>{alert.workflow_name}</Link>:{" "}
          </>
        )}
        {alert.said}
      </>
    ),
  },
  { name: "Began", number: true, cell: (alert) => <Ago at={alert.since} /> },
  { name: "Lasted", number: true, cell: (alert) => lasted(alert) },
  { name: "Failed runs", number: true, cell: (alert) => alert.failures ?? "–" },
  { name: "How it ended", wide: true, cell: (alert) => alert.resolved_why },
];

/** What is over, newest first. */
export function PastAlerts({ workflow }: { workflow: number | null }) {
  const about = workflow === null ? "" : `&workflow=${workflow}`;
  const pages = usePages<Alert>(`alerts/?open=false${about}`);
  return (
    <section aria-labelledby="over">
      <h2 id="over">Over</h2>
      <Paged pages={pages} what="alerts" empty={<p className="note empty">Nothing has been raised yet.</p>}>
        {(alerts, stale) => (
          <Table
            label="Alerts that are over"
            columns={COLUMNS}
            rows={alerts}
            keyOf={(alert) => alert.id}
            stale={stale}
          />
        )}
      </Paged>
    </section>
  );
}
