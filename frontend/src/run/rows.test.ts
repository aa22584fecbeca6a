import { describe, expect, it } from "vitest";
import type { LogEntry, Step } from "../api/runTypes";
import type { GraphDocument } from "../graph/document";
import { matchingLines, tailOf } from "./lines";
import { linesByNode, rowsOf } from "./rows";

const document: GraphDocument = {
  nodes: [
    { id: "a1", type: "action.update_fields", title: "Escalate", config: { values: {} } },
    { id: "t1", type: "trigger.record", title: "Ticket created" },
  ],
  edges: [{ from: "t1", to: "a1" }],
};

function line(seq: number, node: string, level = "info"): LogEntry {
  return { seq, at: "2026-03-29T12:00:00Z", level, node, message: `Line ${seq}` };
}

describe("the rows of a run", () => {
  it("follow the graph, reached or not, with their titles and lines", () => {
    const rows = rowsOf(
      document,
      [{ node: "t1", kind: "trigger.record" } as Step],
      [line(1, "t1"), line(2, "")],
    );
    expect(rows.map(({ title, kind, step, lines }) => [title, kind, step !== null, lines.length])).toEqual([
      ["Ticket created", "record", true, 1],
      ["Escalate", "update fields", false, 0],
    ]);
  });

  it("keep a step that no node draws", () => {
    const rows = rowsOf({ nodes: [], edges: [] }, [{ node: "x9", kind: "action.assign" } as Step], []);
    expect(rows.map(({ node, title, kind }) => [node, title, kind])).toEqual([["x9", "x9", "assign"]]);
  });
});

it("groups lines by step and keeps their order", () => {
  const grouped = linesByNode([line(1, "a1"), line(2, "t1"), line(3, "a1"), line(4, "")]);
  expect(grouped.get("a1")?.map(({ seq }) => seq)).toEqual([1, 3]);
  expect(grouped.get("")?.map(({ seq }) => seq)).toEqual([4]);
});

describe("the lines of a log", () => {
  const lines = [line(1, "t1"), line(2, "a1", "warning"), line(3, "a1"), line(4, "a1")];

  it("match every filter at once, text without its case", () => {
    expect(matchingLines(lines, { level: "", step: "a1", text: " LINE " }).map(({ seq }) => seq)).toEqual([
      2, 3, 4,
    ]);
    expect(matchingLines(lines, { level: "warning", step: "a1", text: "" }).map(({ seq }) => seq)).toEqual([
      2,
    ]);
    expect(matchingLines(lines, { level: "warning", step: "t1", text: "" })).toEqual([]);
  });

  it("are drawn from the end, and back to the one that the address names", () => {
    expect(tailOf(lines, 2, 0).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(tailOf(lines, 2, 2).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(tailOf(lines, 2, 4).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(tailOf(lines, 2, 99).map(({ seq }) => seq)).toEqual([3, 4]);
  });
});
