/** The corners of the core: what a hand-made, older or half-finished document can hold. */

import { describe, expect, it } from "vitest";
import kinds from "../../../tests/graphs/world/kinds.json";
import type { Catalog, JsonSchema, Kind } from "../api/catalogTypes";
import type { Field, Module } from "../api/recordTypes";
import { readClip } from "./clipboard";
import type { Drawing } from "./document";
import { arrange } from "./layout";
import { apart, combined } from "./merge";
import { resizeNote, writeNote } from "./notes";
import * as o from "./operations";
import { ruleProblems } from "./rules";
import { rangeProblem } from "./rulesValues";
import { checkConfig } from "./schema";
import { ruleWorld, validate, worldOf } from "./validation";
import { edgeProblems, orderProblems } from "./validationGraph";
import type { ReadNode } from "./validationParse";
import { closest, quoted } from "./validationWords";

const world = worldOf(kinds as unknown as Catalog, [], []);
const note = { id: "n1", text: "Ask Noor", x: 0, y: 0, width: 200, height: 80 };
const drawing = (changed: Partial<Drawing> = {}): Drawing => ({
  nodes: [],
  edges: [],
  layout: {},
  notes: [],
  ...changed,
});

describe("what comes from outside", () => {
  it.each([{ x: "1" }, { y: null }, { width: "wide" }, { height: undefined }])(
    "is no note with %j",
    (wrong) => {
      const clip = { type: "automations/nodes", nodes: [], edges: [], notes: [{ ...note, ...wrong }] };
      expect(readClip(JSON.stringify(clip))).toBeNull();
    },
  );

  it("joins only what came with it", () => {
    const clip = drawing({
      nodes: [{ id: "a1", type: "action.comment" }],
      edges: [
        { from: "a1", to: "gone" },
        { from: "gone", to: "a1" },
      ],
    });
    const into = drawing();
    expect(o.paste(into, clip)).toEqual(["a1"]);
    expect(into.edges).toEqual([]);
  });
});

describe("operations on what is not there", () => {
  it("leave notes alone", () => {
    const one = drawing({ notes: [note] });
    writeNote(one, "note:n9", "x");
    resizeNote(one, "note:n9", { width: 500, height: 500 });
    expect(one.notes).toEqual([note]);
  });

  it("give a step that is put into an edge from nowhere no team", () => {
    const one = drawing({
      nodes: [{ id: "a1", type: "action.comment" }],
      edges: [{ from: "gone", to: "a1" }],
    });
    const id = o.insertOnEdge(one, "gone::a1", "action.notify");
    expect(o.nodeOf(one, id)?.lane).toBe("");
  });
});

describe("ways out without a name", () => {
  const plain = () =>
    drawing({
      nodes: ["a1", "a2", "a3"].map((id) => ({ id, type: "action.comment" })),
      edges: [{ from: "a1", to: "a2" }],
    });

  it("lead elsewhere, or end", () => {
    const one = plain();
    expect(o.leadTo(one, "a1", "", "a3")).toBe("");
    expect(one.edges).toEqual([{ from: "a1", to: "a3" }]);
    o.leadTo(one, "a1", "", "");
    expect(one.edges).toEqual([]);
  });

  it("go with the cases of a switch that has none, and stay where two cases are renamed at once", () => {
    const cases = (...names: string[]) => ({ cases: names.map((branch) => ({ branch, rule: {} })) });
    const one = drawing({
      nodes: [
        { id: "c1", type: "condition.switch", config: cases("a", "b") },
        { id: "a1", type: "action.comment" },
      ],
      edges: [
        { from: "c1", to: "a1", branch: "a" },
        { from: "c1", to: "a1" },
      ],
    });
    o.configure(one, "c1", cases("x", "y"));
    expect(one.edges[0]?.branch).toBe("a");
    o.configure(one, "c1", cases("x"));
    expect(one.edges).toEqual([]);
  });
});

it("a team and no team each have a lane", () => {
  const { lanes, places } = arrange({
    nodes: [
      { id: "t1", type: "trigger.manual", lane: "Support" },
      { id: "a1", type: "action.comment" },
    ],
    edges: [{ from: "t1", to: "a1" }],
  });
  expect(lanes.map((lane) => lane.name)).toEqual(["Support", ""]);
  expect(places.get("a1")?.y).toBeGreaterThan(places.get("t1")?.y ?? 0);
});

describe("two drafts in one", () => {
  const base = drawing({
    nodes: [
      { id: "t1", type: "trigger.manual" },
      { id: "a1", type: "action.comment" },
    ],
    edges: [
      { from: "t1", to: "t1", branch: "b" },
      { from: "t1", to: "a1" },
      { from: "t1", to: "a0" },
    ],
    layout: { gone: { x: 1, y: 1 }, a1: { x: 1, y: 1 } },
    notes: [note],
  });

  it("forget where steps stood that are gone, and where I put none", () => {
    const mine = { ...structuredClone(base), edges: [], layout: {} };
    const theirs = { ...structuredClone(base), edges: [] };
    expect(combined({ ...base, edges: [] }, mine, theirs)?.layout).toEqual({});
  });

  it("take several edges of one way in one order", () => {
    const edges = [
      { from: "t1", to: "a1" },
      { from: "t1", to: "a0" },
    ];
    const nodes = [...base.nodes, { id: "a0", type: "action.comment" }];
    const one = { ...base, nodes, edges };
    const other = { ...base, nodes, edges: [...edges].reverse() };
    expect(combined(one, structuredClone(one), other)?.edges.map((edge) => edge.to)).toEqual(["a0", "a1"]);
  });

  it("are told apart where steps have no settings", () => {
    const added = (title: string) => ({
      ...base,
      nodes: [...base.nodes, { id: "a2", type: "action.comment", title }],
    });
    expect(apart(base, added("Mine"), added("Theirs")).nodes.map(({ id }) => id)).toEqual(["t1", "a1", "a3"]);
  });

  it("keep a note that I wrote in and they threw away", () => {
    const still = { ...base, edges: [] };
    const mine = { ...still, notes: [{ ...note, text: "Ask Sam" }] };
    expect(combined(still, mine, { ...still, notes: [] })?.notes.map(({ text }) => text)).toEqual([
      "Ask Sam",
    ]);
    expect(combined(still, mine, still)?.notes.map(({ text }) => text)).toEqual(["Ask Sam"]);
  });
});

describe("a module of tomorrow", () => {
  const strange = { key: "shape", label: "Shape", type: "polygon" } as unknown as Field;
  const leaf = (value: unknown) => ({ field: "shape", op: "eq", value });

  it("has a type of field that offers nothing here", () => {
    const found = ruleProblems(leaf("x"), "rule", ruleWorld(world, [strange], new Set()));
    expect(found.map(({ code }) => code)).toEqual(["operator-not-for-type"]);
  });

  it("has values that the server alone can judge", () => {
    const offered = new Map([...world.offered, ["polygon", ["eq"]]]);
    const rules = ruleWorld({ ...world, offered }, [strange], new Set());
    expect(ruleProblems(leaf("x"), "rule", rules)).toEqual([]);
  });

  it("has a choice without choices", () => {
    const bare = { key: "level", type: "choice" } as unknown as Field;
    const rules = ruleWorld(world, [bare], new Set());
    const [found] = ruleProblems({ field: "level", op: "eq", value: "x" }, "rule", rules);
    expect(found?.code).toBe("unknown-choice");
  });

  it("has ranges whose ends are no values, of which nothing more is said", () => {
    const count = { key: "count", type: "number" } as unknown as Field;
    expect(rangeProblem(["x", 1], "rule.value", count)).toBeNull();
  });
});

describe("settings", () => {
  it("that are undefined are nothing", () => {
    const [found] = checkConfig(undefined, { type: "string" }, "config.a");
    expect(found?.message).toBe("“a” must be text, not nothing.");
  });

  it("are named by their whole path where its end has no name", () => {
    expect(checkConfig(1, { type: "string" }, "config.")[0]?.message).toBe(
      "“config.” must be text, not a number.",
    );
  });
});

describe("a kind of tomorrow", () => {
  it("is looked for in its family, then among all", () => {
    const hint = (type: string) =>
      validate({ nodes: [{ id: "t1", type, config: {} }] }, world).find(
        (one) => one.code === "unknown-node-type",
      )?.hint;
    expect(hint("trigger.recrod")).toBe("Did you mean “trigger.record”?");
    expect(hint("trigger.zzzzzz")).toBe("Choose a type from the palette.");
    expect(hint("trgger.record")).toBe("Did you mean “trigger.record”?");
  });

  it("may have settings of which the schema says nothing", () => {
    const kind = {
      type: "trigger.any",
      label: "Any",
      description: "",
      config_schema: {} as JsonSchema,
    } as Kind;
    const open = { ...world, kinds: new Map([["trigger.any", kind]]), modules: new Map<string, Module>() };
    expect(validate({ nodes: [{ id: "t1", type: "trigger.any", config: { a: 1 } }] }, open)).toEqual([]);
  });
});

describe("edges", () => {
  const read = (id: string): ReadNode => ({
    id,
    type: "action.comment",
    title: "",
    family: "action",
    label: id,
    disabled: false,
    config: {},
  });
  const between = (...pairs: string[]) =>
    pairs.map((pair) => ({ from: pair[0] ?? "", to: pair[1] ?? "", branch: "" }));

  it("from or to nowhere are another check's", () => {
    const document = { nodes: [read("a")], edges: between("ab", "ba"), policies: {} };
    expect([...edgeProblems(document, () => true)]).toEqual([]);
  });

  it("that make a circle are told once, whatever leads on from it", () => {
    const nodes = ["a", "b", "c", "d"].map(read);
    const document = { nodes, edges: between("ab", "ba", "bc", "ac", "cd"), policies: {} };
    const circles = [...orderProblems(document)].filter(({ code }) => code === "cycle");
    expect(circles).toHaveLength(1);
    expect(circles[0]?.message).not.toContain("“c”");
  });
});

describe("words", () => {
  it("name what has no text by its kind, and numbers as the server writes them", () => {
    expect([null, undefined, [], {}, true].map((value) => quoted(value))).toEqual([
      "nothing",
      "nothing",
      "a list",
      "an object",
      "true",
    ]);
    expect([1e25, 1e-7, 0.5, 12, 2 ** 80].map((value) => quoted(value))).toEqual([
      "1.0000000000000000906e+25",
      "9.9999999999999995475e-08",
      "0.5",
      "12",
      "1.2089258196146291747e+24",
    ]);
  });

  it("of which two are as near as each other are told in one order", () => {
    expect(closest("abc", ["abe", "abd"])).toBe("abe");
    expect(closest("abc", ["abd", "abe"])).toBe("abe");
    expect(closest("", [""])).toBe("");
  });
});
