import { describe, expect, it } from "vitest";
import type { Drawing } from "./document";
import { apart, combined } from "./merge";
import * as o from "./operations";

const BASE: Drawing = {
  nodes: [
    { id: "t1", type: "trigger.record", title: "", lane: "", config: { module: "tickets" } },
    { id: "a1", type: "action.comment", title: "Greet", lane: "", config: { text: "Hello" } },
    { id: "a2", type: "action.notify", title: "Tell", lane: "", config: { users: ["ada"] } },
  ],
  edges: [
    { from: "t1", to: "a1" },
    { from: "a1", to: "a2" },
  ],
  layout: { a1: { x: 10, y: 10 } },
  notes: [],
};

const changed = (recipe: (drawing: Drawing) => void): Drawing => {
  const drawing = structuredClone(BASE);
  recipe(drawing);
  return drawing;
};
const both = (mine: (drawing: Drawing) => void, theirs: (drawing: Drawing) => void) =>
  combined(BASE, changed(mine), changed(theirs));

describe("two drafts are combined", () => {
  it("where each touched steps and ways of their own", () => {
    const merged = both(
      (mine) => {
        o.rename(mine, "a1", "Say hello");
        o.move(mine, { a1: { x: 50, y: 60 } });
      },
      (theirs) => {
        o.configure(theirs, "a2", { users: ["priya"] });
        o.addNode(theirs, "action.comment", { from: "a2", branch: "" }, { x: 7, y: 8 });
        o.move(theirs, { a1: { x: 1, y: 1 } });
      },
    );
    expect(merged?.nodes.map((node) => [node.id, node.title, node.config])).toEqual([
      ["t1", "", { module: "tickets" }],
      ["a1", "Say hello", { text: "Hello" }],
      ["a2", "Tell", { users: ["priya"] }],
      ["a3", "", {}],
    ]);
    expect(merged?.edges.map(o.edgeKey)).toEqual(["t1::a1", "a1::a2", "a2::a3"]);
    expect(merged?.layout).toEqual({ a1: { x: 50, y: 60 }, a3: { x: 7, y: 8 } });
  });

  it("where both did the same", () => {
    const same = (drawing: Drawing) => o.rename(drawing, "a1", "Hi");
    expect(both(same, same)).toEqual(changed(same));
  });

  it("where one took away what the other left alone", () => {
    const merged = both(
      (mine) => o.rename(mine, "a1", "Hi"),
      (theirs) => o.removeNodes(theirs, ["a2"]),
    );
    expect(merged?.nodes.map((node) => node.id)).toEqual(["t1", "a1"]);
    expect(merged?.edges.map(o.edgeKey)).toEqual(["t1::a1"]);
  });
});

describe("two drafts are not combined", () => {
  it.each<[string, (drawing: Drawing) => void, (drawing: Drawing) => void]>([
    ["both set one step differently", (d) => o.rename(d, "a1", "One"), (d) => o.rename(d, "a1", "Two")],
    ["one changed what the other took away", (d) => o.rename(d, "a2", "x"), (d) => o.removeNodes(d, ["a2"])],
    [
      "both put a step into one edge",
      (d) => void o.insertOnEdge(d, "a1::a2", "action.assign"),
      (d) => void o.insertOnEdge(d, "a1::a2", "condition.if"),
    ],
    [
      "one leads to what the other took away",
      (d) => void o.connect(d, "a1", "failed", "a2"),
      (d) => o.removeNodes(d, ["a2"]),
    ],
  ])("where %s", (_, mine, theirs) => {
    expect(both(mine, theirs)).toBeNull();
  });
});

describe("new steps of one id", () => {
  const theirs = changed((d) => void o.addNode(d, "action.notify", { from: "a2", branch: "" }));

  it("are kept apart, with their edges and places", () => {
    const mine = changed((d) => {
      o.addNode(d, "action.comment", { from: "t1", branch: "" }, { x: 3, y: 4 });
      o.addNode(d, "action.comment", { from: "a3", branch: "" });
    });
    const renumbered = apart(BASE, mine, theirs);
    expect(renumbered.nodes.map((node) => node.id)).toEqual(["t1", "a1", "a2", "a5", "a4"]);
    expect(renumbered.edges.map(o.edgeKey)).toEqual(["t1::a1", "a1::a2", "t1::a5", "a5::a4"]);
    expect(renumbered.layout.a5).toEqual({ x: 3, y: 4 });
    expect(combined(BASE, renumbered, theirs)?.nodes.map((node) => node.type)).toEqual([
      "trigger.record",
      "action.comment",
      "action.notify",
      "action.notify",
      "action.comment",
      "action.comment",
    ]);
  });

  it("keep their id where my settings speak of them, and where both are the same", () => {
    const spoken = changed((d) => {
      o.addNode(d, "action.comment", { from: "t1", branch: "" });
      o.configure(d, "a1", { text: "{{ steps.a3.output.id }}" });
    });
    expect(apart(BASE, spoken, theirs)).toBe(spoken);
    expect(combined(BASE, spoken, theirs)).toBeNull();
    expect(apart(BASE, structuredClone(theirs), theirs)).toEqual(theirs);
  });
});
