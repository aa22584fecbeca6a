import { describe, expect, it } from "vitest";
import { changesBetween, nothingIn, overlayOf, sentenceOf, settingText, stopsOf } from "./difference";
import { type Drawing, titleOf } from "./document";

const before: Drawing = {
  nodes: [
    { id: "t1", type: "trigger.record", lane: "Support", config: { module: "tickets" } },
    { id: "c1", type: "condition.if", config: { rule: { field: "titel", op: "eq", value: "x" } } },
    { id: "a1", type: "action.comment", title: "Say it", config: { text: "Hello" } },
  ],
  edges: [
    { from: "t1", to: "c1" },
    { from: "c1", to: "a1", branch: "true" },
  ],
  layout: {},
  notes: [],
};

/** One renamed, one changed, one added, one removed. */
function edited(): Drawing {
  const after = structuredClone(before);
  const [t1, c1] = after.nodes;
  if (t1 === undefined || c1 === undefined) throw new Error("The nodes are gone.");
  t1.title = "Created";
  c1.config = { rule: { field: "title", op: "eq", value: "x" } };
  after.nodes[2] = { id: "a9", type: "action.notify", title: "Notify owner" };
  after.edges[1] = { from: "c1", to: "a9", branch: "true" };
  return after;
}

describe("what differs", () => {
  it("is nothing where only places, the order of names, and what is at its default are others", () => {
    const same = structuredClone(before);
    same.layout = { t1: { x: 900, y: 900 } };
    same.nodes[1] = {
      id: "c1",
      type: "condition.if",
      title: "",
      lane: "",
      config: { rule: { value: "x", op: "eq", field: "titel" } },
    };
    expect(changesBetween(before, same)).toEqual({ nodes: [], edges: { added: [], removed: [] } });
  });

  it("is one renamed, one changed, one added and one removed, by id", () => {
    const { nodes } = changesBetween(before, edited());
    expect(nodes.map(({ kind, id }) => [kind, id])).toEqual([
      ["renamed", "t1"],
      ["changed", "c1"],
      ["added", "a9"],
      ["removed", "a1"],
    ]);
  });

  it("leads to the very value", () => {
    const after = structuredClone(before);
    after.nodes[0] = { id: "t1", type: "trigger.manual", lane: "Finance", config: { on: ["created"] } };
    after.nodes[1] = { id: "c1", type: "condition.if", config: { rule: { all: [] } } };
    const [first, second] = changesBetween(before, after).nodes;
    expect(first?.settings).toEqual([
      { name: "team", before: "Support", after: "Finance" },
      { name: "type", before: "trigger.record", after: "trigger.manual" },
      { name: "module", before: "tickets", after: undefined },
      { name: "on", before: undefined, after: ["created"] },
    ]);
    expect(second?.settings.map(({ name }) => name)).toEqual([
      "rule.field",
      "rule.op",
      "rule.value",
      "rule.all",
    ]);
  });

  it("goes into lists that are as long as they were, and takes others as a whole", () => {
    const [one, other] = [structuredClone(before), structuredClone(before)];
    one.nodes[2] = { id: "a1", type: "action.notify", config: { users: ["ada", "sam"], title: "x" } };
    other.nodes[2] = { id: "a1", type: "action.notify", config: { users: ["ada", "noor"], title: "x" } };
    expect(changesBetween(one, other).nodes[0]?.settings).toEqual([
      { name: "users[1]", before: "sam", after: "noor" },
    ]);
    other.nodes[2] = { id: "a1", type: "action.notify", config: { users: ["ada"], title: "x" } };
    expect(changesBetween(one, other).nodes[0]?.settings).toEqual([
      { name: "users", before: ["ada", "sam"], after: ["ada"] },
    ]);
  });

  it("is nothing only where no step and no edge is another", () => {
    expect(nothingIn(changesBetween(before, before))).toBe(true);
    expect(nothingIn(changesBetween(before, edited()))).toBe(false);
    const [first] = before.edges;
    expect(nothingIn(changesBetween(before, { ...before, edges: first ? [first] : [] }))).toBe(false);
    expect(nothingIn(changesBetween({ ...before, edges: [] }, before))).toBe(false);
  });

  it("tells which edges came and went", () => {
    const after = { ...before, edges: [{ from: "t1", to: "a1" }] };
    expect(changesBetween(before, after).edges).toEqual({ added: after.edges, removed: before.edges });
  });
});

it.each([
  [["high", "urgent"], "high, urgent"],
  [[{ a: 1 }], '[{"a":1}]'],
  [[], "–"],
  ["", "–"],
  [false, "false"],
])("a setting of %j is told as %s", (value, text) => {
  expect(settingText(value)).toBe(text);
});

describe("two documents in one", () => {
  const changes = changesBetween(before, edited());
  const overlay = overlayOf(before, edited(), changes);

  it("have every step and every edge of both, once", () => {
    expect(overlay.document.nodes.map((node) => node.id)).toEqual(["t1", "c1", "a9", "a1"]);
    expect(overlay.document.edges.map((edge) => edge.to)).toEqual(["c1", "a9", "a1"]);
    expect([...overlay.nodes].map(([id, mark]) => [id, mark.kind])).toEqual([
      ["t1", "renamed"],
      ["c1", "changed"],
      ["a9", "added"],
      ["a1", "removed"],
    ]);
    expect([...overlay.edges]).toEqual([
      ["c1:true:a9", "added"],
      ["c1:true:a1", "removed"],
    ]);
  });

  it("mark a step that was renamed and changed with both", () => {
    const after = structuredClone(before);
    after.nodes[2] = { id: "a1", type: "action.comment", title: "Greet", config: { text: "Hi" } };
    const both = overlayOf(before, after, changesBetween(before, after)).nodes.get("a1");
    expect(both).toEqual({
      kind: "changed",
      was: "Say it",
      settings: [{ name: "text", before: "Hello", after: "Hi" }],
    });
  });

  it("are walked step by step, then edge by edge", () => {
    expect(stopsOf(changes).map((stop) => [stop.nodes.join(), stop.edge])).toEqual([
      ["t1", null],
      ["c1", null],
      ["a9", null],
      ["a1", null],
      ["c1,a9", "c1:true:a9"],
      ["c1,a1", "c1:true:a1"],
    ]);
  });

  it("are told in half a sentence", () => {
    expect(sentenceOf(changes, titleOf)).toBe("renamed Created, changed c1 and 2 more");
    expect(sentenceOf(changesBetween(before, before), titleOf)).toBe("nothing that runs");
    expect(sentenceOf(changesBetween(before, { ...before, edges: [] }), titleOf)).toBe("2 connections");
    const [first] = before.edges;
    const one = changesBetween(before, { ...before, edges: first ? [first] : [] });
    expect(sentenceOf(one, titleOf)).toBe("1 connection");
    const fewer = { ...before, nodes: before.nodes.slice(0, 2) };
    expect(sentenceOf(changesBetween(before, fewer), titleOf)).toBe("removed Say it");
  });
});
