import { describe, expect, it } from "vitest";
import type { GraphDocument, GraphNode } from "./document";
import { draftEdges, draftNodes, noteNodes, type StepNode } from "./flow";
import { NODE_WIDTH } from "./layout";

const NODES: GraphNode[] = [
  { id: "t1", type: "trigger.record" },
  { id: "a1", type: "action.comment", title: "Say it" },
];
const USUAL = {
  places: new Map([["t1", { x: 10, y: 20 }]]),
  selected: new Set(["t1"]),
  active: "t1",
  waysOf: () => [""],
  openOf: (): string[] => [],
  heightOf: () => 72,
  labelOf: (node: GraphNode) => node.title ?? "a step",
  refusalOf: () => null as string | null,
};
const drawn = (changed: Partial<typeof USUAL> = {}, before: readonly StepNode[] = []) =>
  draftNodes(NODES, { ...USUAL, ...changed }, new Map(before.map((node) => [node.id, node])));

describe("the steps of a draft", () => {
  it("stand where they were put, and the one that the Tab key comes to says so", () => {
    expect(drawn()).toMatchObject([
      {
        id: "t1",
        position: { x: 10, y: 20 },
        width: NODE_WIDTH,
        selected: true,
        domAttributes: { tabIndex: 0 },
      },
      {
        id: "a1",
        position: { x: 0, y: 0 },
        selected: false,
        domAttributes: { tabIndex: -1 },
        ariaLabel: "Say it",
      },
    ]);
  });

  it("are the very same where nothing about them has changed", () => {
    const before = drawn();
    expect(drawn({}, before).map((node, at) => node === before[at])).toEqual([true, true]);
  });

  it.each([
    ["its ways out", { waysOf: () => ["true", "false"] }],
    ["which of its ways lead nowhere", { openOf: () => ["rejected"] }],
    ["what an armed port says of it", { refusalOf: () => "This would make a circle." }],
    ["its place to the right", { places: new Map([["t1", { x: 11, y: 20 }]]) }],
    ["its place below", { places: new Map([["t1", { x: 10, y: 21 }]]) }],
    ["its height", { heightOf: () => 52 }],
    ["whether it is chosen", { selected: new Set<string>() }],
    ["whether the Tab key comes to it", { active: "a1" }],
    ["its name", { labelOf: () => "another" }],
  ])("are drawn anew where %s changed", (_, changed) => {
    const before = drawn();
    expect(drawn(changed, before)[0]).not.toBe(before[0]);
  });

  it("are drawn anew where the document has another node", () => {
    const before = drawn();
    const [first] = draftNodes(
      [{ ...NODES[0] } as GraphNode],
      USUAL,
      new Map([["t1", before[0] as StepNode]]),
    );
    expect(first).not.toBe(before[0]);
  });
});

it("notes lie beneath the steps, where they were written or where they are dragged to", () => {
  const note = { id: "n1", text: "Ask Noor", x: 1, y: 2, width: 220, height: 110 };
  const places = new Map([["note:n2", { x: 7, y: 8 }]]);
  const notes = noteNodes([note, { ...note, id: "n2", text: "" }], {
    places,
    selected: new Set(["note:n2"]),
    active: "note:n1",
  });
  expect(notes).toMatchObject([
    {
      id: "note:n1",
      position: { x: 1, y: 2 },
      zIndex: -1,
      ariaLabel: "note: Ask Noor",
      domAttributes: { tabIndex: 0 },
    },
    {
      id: "note:n2",
      position: { x: 7, y: 8 },
      selected: true,
      ariaLabel: "note: empty",
      domAttributes: { tabIndex: -1 },
    },
  ]);
});

it("edges join what is there, named by the way out that they leave by, and tell the path that was taken", () => {
  const document: GraphDocument = {
    nodes: NODES,
    edges: [
      { from: "t1", to: "a1" },
      { from: "t1", to: "a1", branch: "true" },
      { from: "t1", to: "gone" },
      { from: "gone", to: "a1" },
    ],
  };
  const edges = draftEdges(document, "t1:true:a1", new Set(["t1::a1"]));
  expect(edges).toMatchObject([
    { id: "t1::a1", sourceHandle: "", label: undefined, selected: false, className: "taken" },
    {
      id: "t1:true:a1",
      sourceHandle: "true",
      label: "true",
      selected: true,
      className: "",
      focusable: false,
    },
  ]);
});
