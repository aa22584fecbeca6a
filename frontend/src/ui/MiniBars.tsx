import type { DayRuns } from "../api/runTypes";
import { day } from "./format";

const BAR = 6;
const GAP = 2;
const HEIGHT = 24;
const LEAST = 2;
const PARTS = ["succeeded", "other", "failed"] as const;
const WORDS = { succeeded: "succeeded", failed: "failed", other: "not ended or cancelled" };

/** Runs of each day as stacked bars; its text says the same in words. */
export function MiniBars({ days }: { days: DayRuns[] }) {
  const most = Math.max(1, ...days.map(totalOf));
  return (
    <svg
      className="mini-bars"
      width={days.length * (BAR + GAP)}
      height={HEIGHT}
      role="img"
      aria-label={inWords(days)}
    >
      <title>{inWords(days)}</title>
      {days.map((one, index) => (
        <Bar key={one.day} runs={one} most={most} x={index * (BAR + GAP)} />
      ))}
    </svg>
  );
}

function Bar({ runs, most, x }: { runs: DayRuns; most: number; x: number }) {
  if (totalOf(runs) === 0) return <rect className="bar-none" x={x} y={HEIGHT - 1} width={BAR} height={1} />;
  let floor = HEIGHT;
  return PARTS.filter((part) => runs[part] > 0).map((part) => {
    const height = Math.max(LEAST, (runs[part] / most) * (HEIGHT - 2 * LEAST));
    floor -= height;
    return <rect key={part} className={`bar-${part}`} x={x} y={floor} width={BAR} height={height} />;
  });
}

function totalOf(runs: DayRuns): number {
  return runs.succeeded + runs.failed + runs.other;
}

/** "20 Nov 2026: 12 succeeded, 1 failed; …" of the days on which something ran. */
export function inWords(days: DayRuns[]): string {
  const busy = days.filter((one) => totalOf(one) > 0);
  if (busy.length === 0) return `Nothing ran in the last ${days.length} days`;
  return busy
    .map((one) => {
      const parts = (["succeeded", "failed", "other"] as const).filter((part) => one[part] > 0);
      return `${day(one.day)}: ${parts.map((part) => `${one[part]} ${WORDS[part]}`).join(", ")}`;
    })
    .join("; ");
}
