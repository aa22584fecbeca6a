import { beforeEach, describe, expect, it } from "vitest";
import { copied, readClip } from "./clipboard";
import type { Drawing } from "./document";
import { begin, type History, MAX_COMMANDS, MERGE_MS, perform, redo, undo } from "./history";
import * as o from "./operations";

let drawing: Drawing;

beforeEach(() => {
  drawing = {
    nodes: [
      { id: "t1", type: "trigger.record", title: "Start", lane: "Support", config: { module: "tickets" } },
      { id: "c1", type: "condition.if", title: "", lane: "Support", config: {} },
      { id: "a1", type: "action.comment", title: "", lane: "", config: { text: "x" } },
    ],
    edges: [
      { from: "t1", to: "c1" },
      { from: "c1", to: "a1", branch: "true" },
    ],
    layout: { a1: { x: 400, y: 0 } },
    notes: [],
  };
});

const keys = (of = drawing) => of.edges.map(o.edgeKey);

describe("adding", () => {
  it("connects a step with the way out that it was asked for, in the team of the step before", () => {
    const id = o.addNode(drawing, "action.notify", { from: "c1", branch: "false" });
    expect(id).toBe("a2");
    expect(o.nodeOf(drawing, id)).toEqual({
      id,
      type: "action.notify",
      title: "",
      lane: "Support",
      config: {},
    });
    expect(keys()).toContain("c1:false:a2");
  });

  it("leaves a step alone that has no place after anything", () => {
    const id = o.addNode(drawing, "trigger.schedule", { from: "c1", branch: "false" }, { x: 1, y: 2 });
    expect(keys()).toEqual(["t1::c1", "c1:true:a1"]);
    expect(drawing.layout[id]).toEqual({ x: 1, y: 2 });
  });

  it("puts a step into an edge, whose branch leads to it, and its first way leads on", () => {
    const id = o.insertOnEdge(drawing, "c1:true:a1", "condition.switch");
    expect(keys()).toEqual(["t1::c1", `c1:true:${id}`, `${id}:otherwise:a1`]);
  });

  it("ends an edge in a stop, which leads nowhere", () => {
    const id = o.insertOnEdge(drawing, "t1::c1", "action.stop");
    expect(keys()).toEqual([`t1::${id}`, "c1:true:a1"]);
  });

  it("adds a free step where the edge is gone meanwhile", () => {
    o.insertOnEdge(drawing, "x::y", "action.notify");
    expect(drawing.nodes).toHaveLength(4);
    expect(keys()).toEqual(["t1::c1", "c1:true:a1"]);
  });
});

describe("connecting", () => {
  it.each([
    ["t1", "gone", "There is no such step."],
    ["a1", "a1", "A step can’t lead to itself."],
    ["a1", "t1", "A trigger only starts; nothing leads to it."],
    ["a1", "c1", "This would make a circle."],
    ["t1", "c1", "These are connected already."],
    ["t1", "a1", ""],
  ])("%s to %s: %s", (from, to, why) => {
    expect(o.connect(drawing, from, "", to)).toBe(why);
    expect(keys().includes(`${from}::${to}`)).toBe(why === "" || (from === "t1" && to === "c1"));
  });

  it("refuses what would come after a stop", () => {
    const stop = o.addNode(drawing, "action.stop");
    expect(o.connect(drawing, stop, "", "a1")).toBe("Nothing comes after a stop.");
  });

  it("lets a way lead elsewhere, or end", () => {
    const other = o.addNode(drawing, "action.notify");
    expect(o.leadTo(drawing, "c1", "true", other)).toBe("");
    expect(keys()).toEqual(["t1::c1", `c1:true:${other}`]);
    expect(o.leadTo(drawing, "c1", "true", "")).toBe("");
    expect(keys()).toEqual(["t1::c1"]);
  });

  it("keeps a way as it was when it can’t lead there", () => {
    expect(o.leadTo(drawing, "c1", "true", "t1")).not.toBe("");
    expect(keys()).toContain("c1:true:a1");
  });

  it("takes one edge away", () => {
    o.disconnect(drawing, "t1::c1");
    o.disconnect(drawing, "no:such:edge");
    expect(keys()).toEqual(["c1:true:a1"]);
  });
});

describe("removing", () => {
  it("joins what led to a step with what came after it", () => {
    o.removeNodes(drawing, ["c1"]);
    expect(keys()).toEqual(["t1::a1"]);
  });

  it("joins nothing when it is not asked to, or when two ways went on", () => {
    const two = structuredClone(drawing);
    o.removeNodes(drawing, ["c1"], false);
    expect(keys()).toEqual([]);
    o.addNode(two, "action.notify", { from: "c1", branch: "false" });
    o.removeNodes(two, ["c1", "gone"]);
    expect(keys(two)).toEqual([]);
  });

  it("forgets where the step stood", () => {
    o.removeNodes(drawing, ["a1"]);
    expect(drawing.layout).toEqual({});
  });
});

describe("settings", () => {
  const cases = (...names: string[]) => ({ cases: names.map((branch) => ({ branch, rule: {} })) });

  beforeEach(() => {
    const c1 = o.nodeOf(drawing, "c1");
    if (c1 !== undefined) Object.assign(c1, { type: "condition.switch", config: cases("hot", "cold") });
    drawing.edges = [
      { from: "t1", to: "c1" },
      { from: "c1", to: "a1", branch: "hot" },
      { from: "c1", to: "a1", branch: "cold" },
    ];
  });

  it("lets edges follow a case that is renamed", () => {
    o.configure(drawing, "c1", cases("warm", "cold"));
    expect(keys()).toEqual(["t1::c1", "c1:warm:a1", "c1:cold:a1"]);
  });

  it("takes the edges of a case that is removed with it", () => {
    o.configure(drawing, "c1", cases("cold"));
    expect(keys()).toEqual(["t1::c1", "c1:cold:a1"]);
  });

  it("leaves edges alone when cases change places or come to it", () => {
    o.configure(drawing, "c1", cases("cold", "hot", "new"));
    expect(keys()).toEqual(["t1::c1", "c1:hot:a1", "c1:cold:a1"]);
    o.configure(drawing, "a1", { text: "y" });
    o.configure(drawing, "gone", {});
    expect(o.nodeOf(drawing, "a1")?.config).toEqual({ text: "y" });
  });

  it("renames, moves to a team, moves on the canvas, tidies", () => {
    o.rename(drawing, "a1", "Say it");
    o.rename(drawing, "gone", "x");
    o.setLane(drawing, ["a1", "t1"], "Finance");
    o.move(drawing, { a1: { x: 1.6, y: 2.2 } });
    expect(o.nodeOf(drawing, "a1")).toMatchObject({ title: "Say it", lane: "Finance" });
    expect(drawing.layout).toEqual({ a1: { x: 2, y: 2 } });
    o.tidy(drawing);
    expect(drawing.layout).toEqual({});
  });
});

describe("copies", () => {
  it("go to another drawing under free ids, with the edges among them alone", () => {
    const clip = readClip(copied(drawing, ["c1", "a1"]));
    if (clip === null) throw new Error("Nothing was copied.");
    const ids = o.paste(drawing, clip);
    expect(ids).toEqual(["c2", "a2"]);
    expect(keys()).toEqual(["t1::c1", "c1:true:a1", "c2:true:a2"]);
    expect(drawing.layout.a2).toEqual({ x: 440, y: 40 });
  });

  it("take only what they know from a text", () => {
    const text = JSON.stringify({
      type: "automations/nodes",
      nodes: [{ id: "a1", type: "action.x", config: 3, evil: true }, { id: 7 }, null],
      edges: [
        { from: "a1", to: "a1", branch: 3 },
        { from: 1, to: 2 },
        { from: "a1", to: "b", branch: "b" },
      ],
      layout: { a1: { x: 1, y: "2" }, b: null, c: { x: 1, y: 2 } },
    });
    expect(readClip(text)).toEqual({
      nodes: [{ id: "a1", type: "action.x", title: "", lane: "", config: {} }],
      edges: [
        { from: "a1", to: "a1" },
        { from: "a1", to: "b", branch: "b" },
      ],
      layout: { c: { x: 1, y: 2 } },
      notes: [],
    });
  });

  it.each(["", "hello", "[]", "null", '{"type": "automations/nodes"}', '{"nodes": [], "edges": []}'])(
    "are not seen in %j",
    (text) => {
      expect(readClip(text)).toBeNull();
    },
  );
});

describe("history", () => {
  const add = (history: History, at = 0) =>
    perform(history, "Add", (d) => void o.addNode(d, "action.x"), "", at);

  it("takes back and does again, exactly", () => {
    const start = begin(drawing);
    const one = perform(start, "Rename", (d) => o.rename(d, "a1", "A"));
    const two = perform(one, "Delete", (d) => o.removeNodes(d, ["c1"]));
    expect(undo(two).drawing).toEqual(one.drawing);
    expect(undo(undo(two)).drawing).toEqual(drawing);
    expect(redo(redo(undo(undo(two)))).drawing).toEqual(two.drawing);
  });

  it("brings a deleted step back with its settings, edges, team and place", () => {
    const after = perform(begin(drawing), "Delete", (d) => o.removeNodes(d, ["a1"]));
    expect(undo(after).drawing).toEqual(drawing);
  });

  it("is the same where nothing changed, and where there is nothing to take back or do again", () => {
    const start = begin(drawing);
    expect(perform(start, "Rename", (d) => o.rename(d, "t1", "Start"))).toBe(start);
    expect(undo(start)).toBe(start);
    expect(redo(start)).toBe(start);
  });

  it("makes one command of typing without long pauses, and another after one", () => {
    const type = (history: History, text: string, at: number) =>
      perform(history, "Rename", (d) => o.rename(d, "a1", text), "title a1", at);
    const typed = type(type(begin(drawing), "A", 0), "AB", MERGE_MS - 1);
    expect(typed.past).toHaveLength(1);
    expect(undo(typed).drawing).toEqual(drawing);
    expect(redo(undo(typed)).drawing).toEqual(typed.drawing);
    expect(type(typed, "ABC", 3 * MERGE_MS).past).toHaveLength(2);
  });

  it("forgets what was taken back once something else is done, and holds so many commands", () => {
    const start = add(begin(drawing));
    expect(add(undo(start)).future).toEqual([]);
    let many = begin(drawing);
    for (let at = 0; at < MAX_COMMANDS + 5; at += 1) many = add(many, at);
    expect(many.past).toHaveLength(MAX_COMMANDS);
  });

  it("leaves untouched nodes the very same, so that they are not drawn anew", () => {
    const after = perform(begin(drawing), "Rename", (d) => o.rename(d, "a1", "A"));
    expect(after.drawing.nodes[0]).toBe(drawing.nodes[0]);
    expect(after.drawing.nodes[2]).not.toBe(drawing.nodes[2]);
    expect(after.drawing.edges).toBe(drawing.edges);
  });
});
