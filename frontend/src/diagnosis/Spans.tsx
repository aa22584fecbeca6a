import { dateTime } from "../ui/format";
import { Table } from "../ui/Table";
import { counted, type Since } from "./types";

const BAR = 14;
const GAP = 3;
const HEIGHT = 72;
const LEAST = 2;

/** Runs before and since, piece by piece: bars, with a line where it began; the same as a table below. */
export function Spans({ since: { spans, moment } }: { since: Since }) {
  const most = Math.max(1, ...spans.map((one) => one.succeeded + one.failed));
  const began = moment === null ? -1 : spans.findIndex((one) => one.until > moment);
  const width = spans.length * (BAR + GAP);
  return (
    <figure className="spans">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="xMinYMid"
        role="img"
        aria-label="Runs before it began and since"
      >
        {spans.map((one, index) => {
          const x = index * (BAR + GAP);
          const good = one.succeeded === 0 ? 0 : Math.max(LEAST, (one.succeeded / most) * HEIGHT);
          const bad = one.failed === 0 ? 0 : Math.max(LEAST, (one.failed / most) * (HEIGHT - good));
          return (
            <g key={one.since}>
              <title>{`${dateTime(one.since)}: ${counted(one)}`}</title>
              {good + bad === 0 && <rect className="bar-none" x={x} y={HEIGHT - 1} width={BAR} height={1} />}
              <rect className="bar-succeeded" x={x} y={HEIGHT - good} width={BAR} height={good} />
              <rect className="bar-failed" x={x} y={HEIGHT - good - bad} width={BAR} height={bad} />
            </g>
          );
        })}
        {began >= 0 && (
          <line
            className="spans-began"
            x1={began * (BAR + GAP) - GAP / 2}
            x2={began * (BAR + GAP) - GAP / 2}
            y1={0}
            y2={HEIGHT}
          />
        )}
      </svg>
      <details>
        <summary>The same as a table</summary>
        <Table
          label="Runs before and since"
          columns={[
            { name: "From", cell: (one) => dateTime(one.since) },
            { name: "Succeeded", number: true, cell: (one) => one.succeeded },
            { name: "Failed", number: true, cell: (one) => one.failed },
          ]}
          rows={spans}
          keyOf={(one) => one.since}
        />
      </details>
    </figure>
  );
}
