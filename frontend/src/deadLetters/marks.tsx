import { day } from "../ui/format";
import { type Cause, STATES, type TriageState } from "./types";

const MARKS: Record<TriageState, string> = { new: "●", looking: "◌", fixed: "✓", ignored: "–" };
const TONES: Record<TriageState, string> = {
  new: "failed",
  looking: "waiting",
  fixed: "succeeded",
  ignored: "skipped",
};

export function TriageMark({ state }: { state: TriageState }) {
  return (
    <span className={`status status-${TONES[state]}`}>
      <span aria-hidden="true">{MARKS[state]}</span> {STATES[state]}
    </span>
  );
}

const BAR = 6;
const GAP = 2;
const HEIGHT = 24;

/** Letters of each day as bars; its text says the same in words. */
export function Days({ days }: { days: Cause["days"] }) {
  const most = Math.max(1, ...days.map(({ number }) => number));
  const busy = days.filter(({ number }) => number > 0);
  const words =
    busy.length === 0
      ? `None in the last ${days.length} days`
      : busy.map((one) => `${day(one.day)}: ${one.number}`).join("; ");
  return (
    <svg
      className="mini-bars"
      width={days.length * (BAR + GAP)}
      height={HEIGHT}
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      {days.map(({ day: on, number }, index) => {
        const height = number === 0 ? 1 : Math.max(2, (number / most) * (HEIGHT - 2));
        const tone = number === 0 ? "bar-none" : "bar-failed";
        return (
          <rect
            key={on}
            className={tone}
            x={index * (BAR + GAP)}
            y={HEIGHT - height}
            width={BAR}
            height={height}
          />
        );
      })}
    </svg>
  );
}
