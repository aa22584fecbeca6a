import { query } from "../../api/client";
import type { AuditEntry } from "../../api/types";
import { useSite } from "../../app/context";
import { useSearch } from "../../app/router";
import { usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { type Asked, Choice, Filters, NoHitAsked, Typed } from "../../ui/Filters";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { startOf } from "../runs/runFilters";
import { Chain } from "./Chain";
import { Differences } from "./Differences";
import "./audit.css";

/** What entries are about; the API takes any. */
const OBJECTS = ["workflow", "run", "approval", "module", "policy", "scenario", "triggersource", "apitoken"];
const LABELS = { action: "Action", actor: "Who", type: "About", object: "Number", from: "From", to: "To" };
type Name = keyof typeof LABELS;

/** Who changed what, when and why; from what to what; and whether the trail is as it was written. */
export function AuditPage() {
  const { home } = useSite();
  const [search, change] = useSearch();
  const filters = filtersOf(search);
  const pages = usePages<AuditEntry>(`audit/${filters}`);
  const active: Asked[] = (Object.keys(LABELS) as Name[])
    .filter((name) => search[name])
    .map((name) => ({
      label: `${LABELS[name]}: ${search[name]}`,
      drop: () => change({ [name]: "" }),
      without: `audit/${filtersOf({ ...search, [name]: "" })}`,
    }));
  return (
    <>
      <Heading title="Audit trail">
        <a className="button quiet" href={`${home}api/v1/audit/export/${filters}`} download="audit.csv">
          Export CSV
        </a>
      </Heading>
      <Chain />
      <Filters>
        <Typed label="Who" name="actor" />
        <Typed label="Action" name="action" />
        <Choice label="About" name="type" options={OBJECTS.map((type) => [type, type])} />
        <Typed label="Number" name="object" />
        <Typed label="From" name="from" type="date" />
        <Typed label="To" name="to" type="date" />
      </Filters>
      <Paged
        pages={pages}
        what="entries"
        empty={active.length > 0 ? <NoHitAsked what="entries" active={active} /> : <Nothing />}
      >
        {(entries, stale) => (
          <Table
            label="Audit entries"
            columns={COLUMNS}
            rows={entries}
            keyOf={(entry) => entry.id}
            stale={stale}
          />
        )}
      </Paged>
    </>
  );
}

function Nothing() {
  return (
    <p className="note empty">
      Nothing that you may see was changed yet. Publishing, promoting, deciding, undoing and the like each
      leave an entry here; without the right to see the whole trail you see what you did yourself and what
      concerns workflows that are shared with you.
    </p>
  );
}

const COLUMNS: Column<AuditEntry>[] = [
  { name: "Action", cell: (entry) => entry.action },
  { name: "Who", cell: (entry) => entry.actor },
  { name: "About", cell: (entry) => <About entry={entry} /> },
  { name: "Changes", wide: true, cell: (entry) => <Differences before={entry.before} after={entry.after} /> },
  { name: "Why", wide: true, cell: (entry) => entry.reason || "–" },
  { name: "When", number: true, cell: (entry) => <Ago at={entry.at} /> },
];

const PAGES: Partial<Record<string, string>> = { workflow: "workflows", run: "runs", approval: "approvals" };

function About({ entry: { object_type, object_id } }: { entry: AuditEntry }) {
  const page = PAGES[object_type];
  const said = `${object_type} ${object_id}`;
  return page === undefined ? said : <Link to={`${page}/${object_id}/`}>{said}</Link>;
}

function filtersOf(search: Partial<Record<Name, string>>): string {
  const { action, actor, type, object, from, to } = search;
  return query({
    action,
    actor,
    object_type: type,
    object_id: object,
    after: startOf(from),
    before: startOf(to, 1),
  });
}
