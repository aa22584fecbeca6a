import { describe, expect, it } from "vitest";
import { branchesOf, openWays, wouldMakeCycle } from "./branches";
import type { GraphDocument } from "./document";

describe("the ways out of a node", () => {
  it("are those that its cases name, and otherwise", () => {
    const cases = [{ branch: "gold" }, { branch: 1 }, null, { rule: {} }, { branch: "silver" }];
    expect(branchesOf({ id: "c1", type: "condition.switch", config: { cases } })).toEqual([
      "gold",
      "silver",
      "otherwise",
    ]);
    expect(branchesOf({ id: "c1", type: "condition.switch", config: { cases: "gold" } })).toEqual([
      "otherwise",
    ]);
    expect(branchesOf({ id: "c1", type: "condition.switch" })).toEqual(["otherwise"]);
  });

  it("are one for a trigger and for a stop, and two for other actions", () => {
    expect(branchesOf({ id: "t1", type: "trigger.manual" })).toEqual([""]);
    expect(branchesOf({ id: "s1", type: "action.stop" })).toEqual([""]);
    expect(branchesOf({ id: "a1", type: "action.comment" })).toEqual(["", "failed"]);
  });
});

it("a way that leads nowhere has its word at the port, but for the failure of an ordinary action", () => {
  const approval = branchesOf({ id: "a1", type: "action.approval" });
  expect(openWays(approval, (way) => way === "approved")).toEqual(["rejected", "expired", "failed"]);
  expect(openWays(["true", "false"], () => true)).toEqual([]);
  expect(openWays(["", "failed"], () => false)).toEqual([]);
});

describe("a new edge", () => {
  const line: GraphDocument = {
    nodes: ["a", "b", "c", "d"].map((id) => ({ id, type: "action.comment" })),
    edges: [
      { from: "a", to: "b" },
      { from: "b", to: "c" },
    ],
  };

  it("makes a circle where it leads back, or to where it begins", () => {
    expect(wouldMakeCycle(line, "c", "a")).toBe(true);
    expect(wouldMakeCycle(line, "b", "a")).toBe(true);
    expect(wouldMakeCycle(line, "d", "d")).toBe(true);
  });

  it("makes none where it leads on", () => {
    expect(wouldMakeCycle(line, "a", "c")).toBe(false);
    expect(wouldMakeCycle(line, "d", "a")).toBe(false);
    expect(wouldMakeCycle(line, "c", "d")).toBe(false);
  });

  it("is judged by itself where there is a circle already", () => {
    const circle = { ...line, edges: [...line.edges, { from: "c", to: "b" }] };
    expect(wouldMakeCycle(circle, "a", "b")).toBe(false);
    expect(wouldMakeCycle(circle, "c", "a")).toBe(true);
  });
});
