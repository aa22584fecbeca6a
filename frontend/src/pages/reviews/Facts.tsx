import type { ReactNode } from "react";
import { query } from "../../api/client";
import { Ago } from "../../ui/Ago";
import { dateTime, day, number } from "../../ui/format";
import { Link } from "../../ui/Link";
import { type Column, Table } from "../../ui/Table";
import { Chart } from "./Chart";
import { figuresOf, took } from "./figures";
import type { DayTotals, FailureGroup, Review, WorkflowTotals } from "./types";
import "./reviews.css";

interface Props {
  review: Review;
  /** Where its charts are, below the API's address, for a theme. */
  chart: (name: string, theme: string) => string;
}

/** What a week's review says: figures, charts with their tables, and what to look at. */
export function Facts({ review, chart }: Props) {
  const ended = (status = "") => {
    const first = review.days[0]?.day;
    return `runs/${query({ status, ended_from: first, ended_to: review.days.at(-1)?.day })}`;
  };
  return (
    <>
      <p className="review-headline">{review.headline}</p>
      <p className="note">
        {day(review.days[0]?.day ?? review.starts)} to {day(review.days.at(-1)?.day ?? review.ends)},{" "}
        {review.zone}
        {review.goes_on && "; the week goes on"}. A run counts on the day on which it ended. Figures as of{" "}
        {dateTime(review.as_of)}.
        {review.unfinished > 0 &&
          ` ${number(review.unfinished)} ${review.unfinished === 1 ? "run that was" : "runs that were"} begun in it had not ended by its end; they count when they end.`}
      </p>
      <dl className="review-figures">
        {figuresOf(review.now, review.before).map((one) => (
          <div key={one.name}>
            <dt>{one.name}</dt>
            <dd>
              <strong>
                {one.to === undefined || one.now === "–" ? (
                  one.now
                ) : (
                  <Link to={one.to(ended)}>{one.now}</Link>
                )}
              </strong>
              <span className={`review-before ${review.goes_on ? "" : one.became}`}>
                week before {one.before}
                {one.became !== "" && !review.goes_on && ` (${one.became})`}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <Part title="Runs by day">
        <Chart source={chart} name="days" alt="Runs by day, as in the table beside it" height={250} />
        <Table label="Runs by day" columns={DAYS} rows={review.days} keyOf={(one) => one.day} />
      </Part>
      <Part title="Slowest" empty={review.slowest.length === 0 && "No run was timed in this week."}>
        <Chart
          source={chart}
          name="slowest"
          alt="Slowest workflows, as in the table beside it"
          height={50 + 26 * review.slowest.length}
        />
        <Table label="Slowest" columns={SLOWEST} rows={review.slowest} keyOf={(one) => one.workflow.id} />
      </Part>
      <Part title="Failures by cause" empty={review.failures.length === 0 && "Nothing gave up."}>
        <Table
          label="Failures by cause"
          columns={FAILURES}
          rows={review.failures}
          keyOf={(one) => `${one.workflow.id} ${one.fingerprint}`}
        />
      </Part>
      <Part
        title="Work by hand that runs made unnecessary"
        empty={
          !review.workflows.some((one) => one.records_changed > 0) &&
          "No run has changed a record in execute."
        }
      >
        <Table
          label="Work by hand that runs made unnecessary"
          columns={MANUAL}
          rows={review.workflows.filter((one) => one.records_changed > 0)}
          keyOf={(one) => one.workflow.id}
        />
        <p className="note">
          Counted from what people did: how often they changed the same fields of one record, in the four
          weeks before the workflow first acted. Where nobody did, nothing is claimed. One step counts as{" "}
          {review.minutes_per_step} minutes.
        </p>
      </Part>
      <Part
        title="Noisy triggers"
        empty={review.noisy.length === 0 && "Every trigger started a run for every event."}
      >
        <Table
          label="Noisy triggers"
          columns={NOISY}
          rows={review.noisy}
          keyOf={(one) => `${one.workflow.id} ${one.node}`}
        />
      </Part>
      <Part
        title="Overdue approvals"
        empty={review.overdue.length === 0 && `None; the week before ${number(review.overdue_before)}.`}
      >
        <Table label="Overdue approvals" columns={OVERDUE} rows={review.overdue} keyOf={(one) => one.id} />
      </Part>
      <Part
        title="Broken glass"
        empty={
          review.broken_glass.length === 0 &&
          `Nobody promoted past the gate; the week before ${number(review.broken_glass_before)} times.`
        }
      >
        <Table
          label="Broken glass"
          columns={GLASS}
          rows={review.broken_glass}
          keyOf={(one) => `${one.workflow.id} ${one.at}`}
        />
      </Part>
    </>
  );
}

function Part({
  title,
  empty = false,
  children,
}: {
  title: string;
  empty?: string | false;
  children: ReactNode;
}) {
  return (
    <section>
      <h2>{title}</h2>
      {empty === false ? <div className="review-part">{children}</div> : <p className="note">{empty}</p>}
    </section>
  );
}

/** A figure with that of the week before in brackets. */
function was(now: string, before: string): string {
  return `${now} (${before})`;
}

function counted(now: number, before = 0): string {
  return was(number(now), number(before));
}

const DAYS: Column<DayTotals>[] = [
  { name: "Day", cell: (one) => day(one.day) },
  { name: "Succeeded", number: true, cell: (one) => number(one.succeeded) },
  { name: "Failed", number: true, cell: (one) => number(one.failed) },
  { name: "Cancelled", number: true, cell: (one) => number(one.cancelled) },
];

const WORKFLOW: Column<{ workflow: { id: number; name: string } }> = {
  name: "Workflow",
  cell: ({ workflow }) => <Link to={`workflows/${workflow.id}/runs/`}>{workflow.name}</Link>,
};

const SLOWEST: Column<WorkflowTotals>[] = [
  WORKFLOW,
  { name: "Median", number: true, cell: (one) => was(took(one.median), took(one.before?.median ?? null)) },
  { name: "95 % within", number: true, cell: (one) => was(took(one.p95), took(one.before?.p95 ?? null)) },
  { name: "Succeeded", number: true, cell: (one) => counted(one.succeeded, one.before?.succeeded) },
  { name: "Failed", number: true, cell: (one) => counted(one.failed, one.before?.failed) },
];

const FAILURES: Column<FailureGroup>[] = [
  {
    name: "Cause",
    wide: true,
    cell: (one) => <Link to={`dead-letters/${one.fingerprint}/`}>{one.cause}</Link>,
  },
  WORKFLOW,
  { name: "Count", number: true, cell: (one) => counted(one.count, one.before) },
  { name: "New", cell: (one) => (one.is_new ? "new" : "known") },
  { name: "Triage", cell: (one) => one.state },
  { name: "Who looks", cell: (one) => one.assignee || "nobody" },
  { name: "Owner", cell: (one) => one.owner || "nobody" },
  { name: "Last", number: true, cell: (one) => <Ago at={one.last} /> },
];

const MANUAL: Column<WorkflowTotals>[] = [
  WORKFLOW,
  { name: "Steps less", number: true, cell: (one) => counted(one.manual_steps, one.before?.manual_steps) },
  { name: "Records changed", number: true, cell: (one) => number(one.records_changed) },
  {
    name: "By hand before",
    number: true,
    cell: (one) =>
      one.records_before === 0
        ? "nobody did"
        : `${number(one.edits_before)} edits on ${number(one.records_before)} records`,
  },
];

const NOISY: Column<Review["noisy"][number]>[] = [
  WORKFLOW,
  { name: "Trigger", cell: (one) => one.title },
  {
    name: "Events",
    number: true,
    cell: (one) => (
      <Link to={`decisions/?workflow=${one.workflow.id}`}>{counted(one.asked, one.asked_before)}</Link>
    ),
  },
  { name: "Started runs", number: true, cell: (one) => counted(one.matched, one.matched_before) },
];

const OVERDUE: Column<Review["overdue"][number]>[] = [
  { name: "Question", wide: true, cell: (one) => <Link to={`approvals/${one.id}/`}>{one.title}</Link> },
  WORKFLOW,
  { name: "Asked", number: true, cell: (one) => <Ago at={one.asked_at} /> },
];

const GLASS: Column<Review["broken_glass"][number]>[] = [
  WORKFLOW,
  { name: "Version", number: true, cell: (one) => one.version },
  { name: "By", cell: (one) => one.by },
  { name: "Reason", wide: true, cell: (one) => one.reason },
  { name: "When", number: true, cell: (one) => <Ago at={one.at} /> },
];
