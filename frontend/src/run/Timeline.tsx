import type { Run } from "../api/runTypes";
import { StepMark } from "../ui/chips";
import { dateTime, duration } from "../ui/format";
import type { StepRow } from "./rows";
import { type Span, segmentsOf, spanOf, ticksOf } from "./timeline";
import "./timeline.css";

const BEGINNING = new Date(0).toISOString();

interface Shown {
  run: Run;
  rows: StepRow[];
  now: number;
  selected: string;
  select: (node: string) => void;
}

/** When each step ran and waited. The list says in words what the bars show. */
export function Timeline({ run, rows, now, selected, select }: Shown) {
  const span = spanOf(run, rows, now);
  return (
    <section aria-labelledby="timeline" className="timeline">
      <h2 id="timeline" className="visually-hidden">
        Timeline
      </h2>
      <p className="note timeline-legend" aria-hidden="true">
        <span className="bar-ran" /> ran <span className="bar-waited" /> waited
      </p>
      <div className="timeline-scale" aria-hidden="true">
        {ticksOf(span).map(({ ms, at }) => (
          <span key={ms} className={at > 0.8 ? "late" : ""} style={{ left: `${at * 100}%` }}>
            {ms === 0 ? "0" : duration(BEGINNING, null, ms)}
          </span>
        ))}
      </div>
      <ol>
        {rows.map((row) => (
          <li key={row.node}>
            <button
              type="button"
              aria-label={labelOf(row, now)}
              aria-current={row.node === selected}
              onClick={() => select(row.node)}
            >
              {row.title}
            </button>
            <span className="timeline-status" aria-hidden="true">
              {row.step === null ? <span className="note">not reached</span> : <StepMark step={row.step} />}
            </span>
            <Bars row={row} span={span} now={now} />
            <span className="timeline-took" aria-hidden="true">
              {tookOf(row, now)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Bars({ row, span, now }: { row: StepRow; span: Span; now: number }) {
  return (
    <span className="timeline-track">
      {segmentsOf(row, span, now).map(({ kind, at, width }) => (
        <span
          key={`${kind} ${at}`}
          className={`bar-${kind} bar-of-${row.step?.status}`}
          // The end of the track keeps room for the shortest bar.
          style={{ left: `min(${at * 100}%, 100% - 4px)`, width: `${width * 100}%` }}
        />
      ))}
    </span>
  );
}

function tookOf({ step }: StepRow, now: number): string {
  if (step === null || step.started_at === null || step.kept_from !== null) return "";
  return duration(step.started_at, step.finished_at, now);
}

/** “Assign, succeeded, 12 ms, 1 attempt” */
function labelOf(row: StepRow, now: number): string {
  const { step } = row;
  if (step !== null && step.kept_from !== null) return `${row.title}, kept from run ${step.kept_from}`;
  const parts = [row.title, step?.status ?? "not reached", tookOf(row, now)];
  if (step?.wait?.until) parts.push(`until ${dateTime(step.wait.until)}`);
  if (step?.attempt) parts.push(`${step.attempt} attempt${step.attempt === 1 ? "" : "s"}`);
  return parts.filter((part) => part !== "").join(", ");
}
