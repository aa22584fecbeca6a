import type { Decision } from "../../api/recordTypes";
import { Ago } from "../../ui/Ago";
import { Link } from "../../ui/Link";
import { type Column, Table } from "../../ui/Table";
import { RecordLink } from "../runs/RunList";
import { OUTCOMES, sentenceOf } from "./sentences";

type Without = "Record" | "Event";

interface Showing {
  decisions: Decision[];
  stale?: boolean;
  /** Columns that say the same in every row where the table stands. */
  without?: Without[];
}

export function DecisionTable({ decisions, stale = false, without = [] }: Showing) {
  const columns = COLUMNS.filter((column) => !without.some((name) => name === column.name));
  return <Table label="Decisions" columns={columns} rows={decisions} keyOf={(one) => one.id} stale={stale} />;
}

const COLUMNS: Column<Decision>[] = [
  {
    name: "Workflow",
    cell: ({ workflow }) => <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>,
  },
  { name: "Answer", cell: ({ outcome }) => <OutcomeMark outcome={outcome} /> },
  {
    name: "Why",
    wide: true,
    cell: (decision) => (
      <>
        {sentenceOf(decision)}
        {decision.run !== null && (
          <>
            {" "}
            <Link to={`runs/${decision.run}/`}>Run {decision.run}</Link>
          </>
        )}
      </>
    ),
  },
  { name: "Record", cell: ({ module, record }) => <RecordLink module={module} record={record} /> },
  { name: "Event", cell: ({ event, type }) => <Link to={`events/${event}/`}>{type}</Link> },
  { name: "When", number: true, cell: ({ at }) => <Ago at={at} /> },
];

export function OutcomeMark({ outcome }: Pick<Decision, "outcome">) {
  const { mark, word, tone } = OUTCOMES[outcome];
  return (
    <span className={`status status-${tone}`}>
      <span aria-hidden="true">{mark}</span> {word}
    </span>
  );
}
