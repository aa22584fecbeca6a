import { query } from "../../api/client";
import type { AcceptedEvent } from "../../api/recordTypes";
import { useSearch } from "../../app/router";
import { useOptions } from "../../app/useOptions";
import { usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { type Asked, Choice, Filters, NoHitAsked, Typed } from "../../ui/Filters";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { RecordLink } from "../runs/RunList";
import { startOf } from "../runs/runFilters";

/** The types that modules and triggers make; API sources send `api.` and their key. */
const TYPES = [
  ...["record.created", "record.updated", "deadline", "schedule", "manual", "workflow.started"],
  ...["workflow.ended.failed", "workflow.ended.succeeded", "workflow.ended.cancelled"],
];
const LABELS = { type: "Type", module: "Module", record: "Record", source: "Source", from: "From", to: "To" };
type Name = keyof typeof LABELS;

export function EventsPage() {
  const [search, change] = useSearch();
  const { modules } = useOptions();
  const pages = usePages<AcceptedEvent>(addressOf(search));
  const active: Asked[] = (Object.keys(LABELS) as Name[])
    .filter((name) => search[name])
    .map((name) => ({
      label: `${LABELS[name]}: ${search[name]}`,
      drop: () => change({ [name]: "" }),
      without: addressOf({ ...search, [name]: "" }),
    }));
  return (
    <>
      <Heading title="Events" />
      <Filters>
        <Choice label="Type" name="type" options={TYPES.map((type) => [type, type])} />
        <Choice label="Module" name="module" options={modules.map((one) => [one.key, one.name])} />
        <Typed label="Record" name="record" />
        <Typed label="Source" name="source" />
        <Typed label="From" name="from" type="date" />
        <Typed label="To" name="to" type="date" />
      </Filters>
      <Paged
        pages={pages}
        what="events"
        empty={active.length > 0 ? <NoHitAsked what="events" active={active} /> : <NoEvent />}
      >
        {(events, stale) => (
          <Table label="Events" columns={COLUMNS} rows={events} keyOf={(event) => event.id} stale={stale} />
        )}
      </Paged>
    </>
  );
}

function NoEvent() {
  return (
    <p className="note empty">
      Nothing has happened yet. An event is kept when a record changes, a deadline or a moment of a schedule
      comes, somebody starts a workflow by hand, or another system sends one.
    </p>
  );
}

const COLUMNS: Column<AcceptedEvent>[] = [
  { name: "Event", cell: (event) => <Link to={`events/${event.id}/`}>{event.type}</Link> },
  { name: "Record", cell: (event) => <RecordLink module={event.module} record={event.record} /> },
  { name: "Module", cell: (event) => event.module ?? "–" },
  { name: "By", cell: (event) => <CausedBy event={event} /> },
  { name: "Source", cell: (event) => event.source },
  { name: "State", cell: (event) => (event.state === "pending" ? "not judged yet" : "judged") },
  { name: "Occurred", number: true, cell: (event) => <Ago at={event.occurred_at} /> },
];

export function CausedBy({ event: { actor, cause_run } }: { event: AcceptedEvent }) {
  if (cause_run !== null) return <Link to={`runs/${cause_run}/`}>Run {cause_run}</Link>;
  return actor ?? "–";
}

function addressOf(search: Partial<Record<Name, string>>): string {
  const { type, module, record, source, from, to } = search;
  const days = { occurred_after: startOf(from), occurred_before: startOf(to, 1) };
  return `events/${query({ type, module, record, source, ...days })}`;
}
