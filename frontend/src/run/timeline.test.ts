import { describe, expect, it } from "vitest";
import type { LogEntry, Run, Step } from "../api/runTypes";
import type { StepRow } from "./rows";
import { segmentsOf, spanOf, ticksOf } from "./timeline";

const START = Date.parse("2026-03-29T12:00:00Z");
const DAY = 86_400_000;

function at(ms: number): string {
  return new Date(START + ms).toISOString();
}

function run(started: string | null, finished: string | null): Run {
  return { started_at: started, finished_at: finished } as Run;
}

function row(status: Step["status"], from: number | null, to: number | null, lines: number[] = []): StepRow {
  const step = {
    status,
    kept_from: null,
    started_at: from === null ? null : at(from),
    finished_at: to === null ? null : at(to),
  } as Step;
  return { step, lines: lines.map((ms, place) => ({ seq: place + 1, at: at(ms) }) as LogEntry) } as StepRow;
}

describe("the span of a timeline", () => {
  it("goes from the first start to the last end of a run that has ended", () => {
    const rows = [row("succeeded", 0, 4), row("failed", 4, 10), row("skipped", null, null)];
    expect(spanOf(run(at(0), at(10)), rows, START + DAY)).toEqual({ from: START, to: START + 10 });
  });

  it("grows to now while the run has no end", () => {
    expect(spanOf(run(at(0), null), [row("waiting", 0, null)], START + 3 * DAY).to).toBe(START + 3 * DAY);
  });

  it.each([
    ["a run of no length", run(at(0), at(0)), START],
    ["a run that is queued", run(null, null), START],
    ["a clock that is behind the server’s", run(at(0), null), START - 5_000],
  ])("is never empty and always a number: %s", (_, one, now) => {
    const { from, to } = spanOf(one, [], now);
    expect(to - from).toBeGreaterThanOrEqual(1);
    expect(Number.isFinite(from)).toBe(true);
  });
});

function kept(from: number, to: number): StepRow {
  const known = row("succeeded", from, to);
  return { ...known, step: { ...known.step, kept_from: 12 } as Step };
}

describe("what a retry kept", () => {
  it("was done before its time: it has no bar, and stretches nothing", () => {
    const rows = [kept(-DAY, -DAY + 5), row("succeeded", 2, 10)];
    const span = spanOf(run(at(0), at(10)), rows, START + DAY);
    expect(span).toEqual({ from: START, to: START + 10 });
    expect(segmentsOf(kept(-DAY, -DAY + 5), span, START)).toEqual([]);
  });
});

describe("the bars of a step", () => {
  const span = { from: START, to: START + 100 };

  it("is one that ran, from its start to its end", () => {
    expect(segmentsOf(row("succeeded", 10, 60, [60]), span, START + 100)).toEqual([
      { kind: "ran", at: 0.1, width: 0.5 },
    ]);
  });

  it("waits from its first line to its last: a wait, a child, or the time between attempts", () => {
    expect(segmentsOf(row("succeeded", 0, 100, [20, 50, 80]), span, START + 100)).toEqual([
      { kind: "ran", at: 0, width: 0.2 },
      { kind: "waited", at: 0.2, width: 0.6 },
      { kind: "ran", at: 0.8, width: 0.2 },
    ]);
  });

  it("still waits, up to now", () => {
    expect(segmentsOf(row("waiting", 0, null, [0]), span, START + 50)).toEqual([
      { kind: "waited", at: 0, width: 0.5 },
    ]);
  });

  it("runs up to now without an end, also by a clock that is behind", () => {
    expect(segmentsOf(row("running", 50, null), span, START + 100)).toEqual([
      { kind: "ran", at: 0.5, width: 0.5 },
    ]);
    expect(segmentsOf(row("running", 50, null), span, START)).toEqual([{ kind: "ran", at: 0.5, width: 0 }]);
  });

  it("is there for a step of no length, and not for one that never began", () => {
    expect(segmentsOf(row("succeeded", 100, 100, [100]), span, 0)).toEqual([
      { kind: "ran", at: 1, width: 0 },
    ]);
    expect(segmentsOf(row("skipped", null, null), span, 0)).toEqual([]);
    expect(segmentsOf({ ...row("skipped", null, null), step: null }, span, 0)).toEqual([]);
  });
});

describe("the marks of the scale", () => {
  it.each([
    [1, [0, 1]],
    [10, [0, 2, 4, 6, 8, 10]],
    [2_190, [0, 500, 1_000, 1_500, 2_000]],
    [90 * 60_000, [0, 1_800_000, 3_600_000, 5_400_000]],
    [3 * DAY, [0, DAY, 2 * DAY, 3 * DAY]],
    [400 * DAY, [0, 128 * DAY, 256 * DAY, 384 * DAY]],
  ])("of %i ms are few and round", (length, marks) => {
    const ticks = ticksOf({ from: START, to: START + length });
    expect(ticks.map((tick) => tick.ms)).toEqual(marks);
    expect(ticks.at(-1)?.at).toBeLessThanOrEqual(1);
  });
});
