import { describe, expect, it } from "vitest";
import type { LogEntry, Run, Step } from "../api/runTypes";
import { addNews, EMPTY_RUN, mergeRuns } from "./state";

function run(id: number, status: Run["status"], last_seq = 0): Run {
  return {
    id,
    workflow: { id: 1, key: "route", name: "Route tickets" },
    version: 1,
    mode: "simulate",
    status,
    record: "",
    waits_for_place: false,
    needs_review: false,
    retry_of: null,
    retried_as: null,
    inconclusive: false,
    failure_code: "",
    failure: {},
    last_seq,
    created_at: null,
    started_at: null,
    finished_at: null,
  };
}

function line(seq: number): LogEntry {
  return { seq, at: "2026-03-29T12:00:00Z", level: "info", node: "", message: `line ${seq}` };
}

function step(node: string, position: number, status: Step["status"]): Step {
  return {
    node,
    position,
    kind: "action.assign",
    status,
    branches: [],
    attempt: 0,
    output: null,
    large: null,
    changes: [],
    error: null,
    wait: null,
    assumed: false,
    kept_from: null,
    started_at: null,
    finished_at: null,
  };
}

describe("news of a run", () => {
  it("adds lines in order and passes by those that are known", () => {
    const once = addNews(EMPTY_RUN, { entries: [line(1), line(2)] });
    const twice = addNews(once, { entries: [line(2), line(3)] });
    expect(twice.entries.map((entry) => entry.seq)).toEqual([1, 2, 3]);
  });

  it("keeps a terminal status against an older answer", () => {
    const ended = addNews(EMPTY_RUN, { run: run(1, "succeeded", 8) });
    expect(addNews(ended, { run: run(1, "running", 5) }).run?.status).toBe("succeeded");
  });

  it.each(["running", "waiting", "queued"] as const)(
    "keeps a success against “%s” of the same line",
    (status) => {
      const ended = addNews(EMPTY_RUN, { run: run(1, "succeeded", 8) });
      expect(addNews(ended, { run: run(1, status, 8) }).run?.status).toBe("succeeded");
    },
  );

  it("takes no steps from an answer that is older than the run", () => {
    const ended = addNews(EMPTY_RUN, { run: run(1, "succeeded", 8), steps: [step("a", 1, "succeeded")] });
    const late = addNews(ended, { run: run(1, "running", 5), steps: [step("a", 1, "running")] });
    expect(late.steps[0]?.status).toBe("succeeded");
  });

  it("puts lines that come late where they belong, each once", () => {
    const gap = addNews(EMPTY_RUN, { entries: [line(3), line(4)] });
    const whole = addNews(gap, { entries: [line(1), line(2), line(3)] });
    expect(whole.entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4]);
  });

  it("hears of the retry of a run that has ended", () => {
    const ended = addNews(EMPTY_RUN, { run: run(1, "failed", 8) });
    const retried = { ...run(1, "failed", 9), retried_as: 2 };
    expect(addNews(ended, { run: retried }).run?.retried_as).toBe(2);
  });

  it("replaces a step and keeps the order of the graph", () => {
    const first = addNews(EMPTY_RUN, { steps: [step("b", 2, "running"), step("a", 1, "succeeded")] });
    const then = addNews(first, { steps: [step("b", 2, "succeeded")] });
    expect(then.steps.map(({ node, status }) => [node, status])).toEqual([
      ["a", "succeeded"],
      ["b", "succeeded"],
    ]);
  });
});

describe("runs of a workflow", () => {
  it("are newest first, each once, and no more than asked", () => {
    const merged = mergeRuns(
      [run(2, "running"), run(1, "succeeded")],
      [run(3, "queued"), run(2, "failed", 4)],
      2,
    );
    expect(merged.map(({ id, status }) => [id, status])).toEqual([
      [3, "queued"],
      [2, "failed"],
    ]);
  });
});
