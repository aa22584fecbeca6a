import { describe, expect, it } from "vitest";
import { canBeDisabled, waysInOrder } from "./branches";
import { copied, readClip } from "./clipboard";
import { type Drawing, drawingOf, type GraphNode } from "./document";
import { arrange, heightOf } from "./layout";
import { combined } from "./merge";
import * as n from "./notes";
import * as o from "./operations";

const step = (id: string, type = "action.comment", lane = ""): GraphNode => ({ id, type, lane, config: {} });
const drawing = (): Drawing => ({
  nodes: [step("t1", "trigger.record"), step("a1"), step("a2", "action.approval")],
  edges: [{ from: "t1", to: "a1" }],
  layout: { a1: { x: 5, y: 5 } },
  notes: [{ id: "n1", text: "Ask Noor", x: 0, y: 0, width: 200, height: 80 }],
});

describe("notes", () => {
  it("are added under free ids until there is no room", () => {
    const full = drawing();
    expect(n.addNote(full, { x: 1.4, y: 2.6 })).toBe("note:n2");
    expect(full.notes[1]).toMatchObject({ id: "n2", text: "", x: 1, y: 3 });
    while (full.notes.length < n.MAX_NOTES) n.addNote(full, { x: 0, y: 0 });
    expect(n.addNote(full, { x: 0, y: 0 })).toBe("");
    expect(full.notes).toHaveLength(n.MAX_NOTES);
  });

  it("hold no more than the server keeps, and stay large enough to be read", () => {
    const one = drawing();
    n.writeNote(one, "note:n1", "x".repeat(n.MAX_NOTE_LENGTH + 1));
    n.resizeNote(one, "note:n1", { width: 3, height: 4.6 });
    expect(one.notes[0]?.text).toHaveLength(n.MAX_NOTE_LENGTH);
    expect(one.notes[0]).toMatchObject(n.LEAST_NOTE);
  });

  it("are moved, deleted and copied with steps", () => {
    const one = drawing();
    o.move(one, { "note:n1": { x: 7, y: 8 }, a1: { x: 9, y: 9 } });
    expect([one.notes[0]?.x, one.layout.a1]).toEqual([7, { x: 9, y: 9 }]);
    const clip = readClip(copied(one, ["a1", "note:n1"]));
    expect(clip?.notes).toEqual(one.notes);
    if (clip !== null) expect(o.paste(one, clip)).toEqual(["a3", "note:n2"]);
    o.removeNodes(one, ["note:n1", "a1"]);
    expect([one.nodes.map(({ id }) => id), one.notes.map(({ id }) => id)]).toEqual([
      ["t1", "a2", "a3"],
      ["n2"],
    ]);
  });

  it("from outside are taken only where they are notes", () => {
    const clip = { type: "automations/nodes", nodes: [], edges: [], notes: [{ id: "n1" }, null, 7] };
    expect(readClip(JSON.stringify(clip))).toBeNull();
  });

  it("of both people are kept where both wrote in one", () => {
    const [base, mine, theirs] = [drawing(), drawing(), drawing()];
    n.writeNote(mine, "note:n1", "Ask Sam");
    n.writeNote(theirs, "note:n1", "Ask Ada");
    expect(combined(base, mine, theirs)?.notes.map(({ text }) => text)).toEqual(["Ask Sam", "Ask Ada"]);
    expect(combined(base, base, theirs)?.notes.map(({ text }) => text)).toEqual(["Ask Ada"]);
    n.removeNotes(mine, ["note:n1"]);
    expect(combined(base, mine, base)?.notes).toEqual([]);
  });

  it("are none in a document that knows of none", () => {
    expect(drawingOf({ nodes: [], edges: [] })).toEqual({ nodes: [], edges: [], layout: {}, notes: [] });
  });
});

describe("disabled steps", () => {
  it("are actions with a plain way out, and nothing else", () => {
    const one = drawing();
    o.setDisabled(one, ["t1", "a1", "a2"], true);
    expect(one.nodes.map(({ disabled }) => disabled)).toEqual([undefined, true, undefined]);
    o.setDisabled(one, ["a1"], false);
    expect(one).toEqual(drawing());
    expect(canBeDisabled(step("s", "action.stop"))).toBe(true);
  });

  it("stay disabled when they are copied", () => {
    const one = drawing();
    o.setDisabled(one, ["a1"], true);
    expect(readClip(copied(one, ["a1"]))?.nodes[0]?.disabled).toBe(true);
  });
});

describe("the look of the graph", () => {
  it("orders ways out by where they lead; one that leads nowhere keeps its turn", () => {
    const heights: Record<string, number | null> = { a: 30, b: null, c: 10 };
    expect(waysInOrder(["a", "b", "c"], (way) => heights[way] ?? null)).toEqual(["c", "b", "a"]);
  });

  it("gives each way out its room, and what only tells something less", () => {
    expect(heightOf(step("a"), true)).toBe(52);
    expect(heightOf(step("a"), false)).toBe(72);
    expect(heightOf(step("a", "action.approval"), false)).toBe(96);
  });

  it("stands a step that goes to a team in its lane", () => {
    const one = drawing();
    o.moveToLane(one, ["a1"], "Legal");
    expect([one.nodes[1]?.lane, one.layout]).toEqual(["Legal", {}]);
    const { lanes, places } = arrange(one);
    const legal = lanes.find(({ name }) => name === "Legal");
    expect(places.get("a1")?.y).toBeGreaterThan(legal?.y ?? Number.POSITIVE_INFINITY);
  });
});
