// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, expect, it } from "vitest";
import type { Run, RunDetail, Step } from "../api/runTypes";
import { RunData } from "./RunData";
import type { StepRow } from "./rows";

afterEach(cleanup);

const run = { id: 7, outcome: null, finished_at: null } as Run;
const detail = { ...run, event: null, input: null } as RunDetail;

function shown(told: RunDetail, steps: Partial<Step>[]) {
  const rows = steps.map((step) => ({ node: step.node, title: step.node, step }) as StepRow);
  render(createElement(RunData, { run: told, detail: told, rows, step: "", select: () => undefined }));
}

it("says in words that payloads are hidden, and draws no empty tree", () => {
  shown(detail, [{ node: "a1", output: null, changes: [] }]);
  expect(screen.getAllByText(/^You may not see payloads/)).toHaveLength(2);
  expect(screen.queryByRole("tree")).toBeNull();
});

it("tells “none” and “not yet” from hidden", () => {
  shown({ ...detail, input: {} }, []);
  expect(screen.getByText("The run started with none.")).toBeTruthy();
  expect(screen.getByText("No step has given anything yet.")).toBeTruthy();
  expect(screen.queryByText(/^You may not see/)).toBeNull();
});

it("shows what a step changed where it gave no output", () => {
  const change = { module: "tickets", record: "T-1", field: "assignee", before: null, after: "bob" };
  shown({ ...detail, input: { limit: 3 }, outcome: { status: "succeeded" } }, [
    { node: "a1", output: null, changes: [change] },
  ]);
  expect(screen.getByText("assignee").nextSibling?.textContent).toBe("– → bob");
  expect(screen.getByRole("tree", { name: "Variables" }).textContent).toContain("limit: 3");
  expect(screen.getByRole("tree", { name: "Outcome" }).textContent).toContain('status: "succeeded"');
});
