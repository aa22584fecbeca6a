import { describe, expect, it } from "vitest";
import type { Step } from "../api/runTypes";
import { familyOf, type GraphDocument, kindOf, lookOf, readingOrder, titleOf } from "./document";

import { layOut, NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { stillOf } from "./still";

const CASES = import.meta.glob<{ document: unknown }>("../../../tests/graphs/*.json", {
  eager: true,
  import: "default",
});
/** Every shared case that has nodes to draw, the sound and the unsound. */
const documents: [string, GraphDocument][] = Object.entries(CASES)
  .filter(([, { document }]) => isDrawable(document))
  .map(([name, { document }]) => [name.slice(name.lastIndexOf("/") + 1), document as GraphDocument]);

function isDrawable(document: unknown): boolean {
  if (typeof document !== "object" || document === null || !("nodes" in document)) return false;
  const nodes: unknown = document.nodes;
  if (
    !Array.isArray(nodes) ||
    !nodes.every((node) => typeof node?.id === "string" && typeof node.type === "string")
  )
    return false;
  return new Set(nodes.map((node) => node.id)).size === nodes.length && "edges" in document;
}

const diamond: GraphDocument = {
  nodes: [
    { id: "end", type: "action.stop" },
    { id: "no", type: "action.comment" },
    { id: "yes", type: "action.update_fields", title: "Set it" },
    { id: "ask", type: "condition.if" },
    { id: "start", type: "trigger.record" },
  ],
  edges: [
    { from: "start", to: "ask" },
    { from: "ask", to: "yes", branch: "true" },
    { from: "ask", to: "no", branch: "false" },
    { from: "yes", to: "end" },
    { from: "no", to: "end" },
  ],
};

describe("reading order", () => {
  it("puts each node after those that lead to it", () => {
    expect(readingOrder(diamond).map((node) => node.id)).toEqual(["start", "ask", "no", "yes", "end"]);
  });

  it("keeps what stands in a circle, and edges that lead nowhere do no harm", () => {
    const circle: GraphDocument = {
      nodes: [
        { id: "a", type: "action.x" },
        { id: "b", type: "action.x" },
        { id: "t", type: "trigger.x" },
      ],
      edges: [
        { from: "a", to: "b" },
        { from: "b", to: "a" },
        { from: "t", to: "gone" },
      ],
    };
    expect(readingOrder(circle).map((node) => node.id)).toEqual(["t", "a", "b"]);
  });
});

describe("layout", () => {
  it.each(documents)("of %s places every node and lets none overlap", (_, document) => {
    const places = [...layOut(document)];
    expect(places.map(([id]) => id).sort()).toEqual(document.nodes.map((node) => node.id).sort());
    for (const [first, one] of places) {
      for (const [second, other] of places) {
        if (first === second) continue;
        const apart = Math.abs(one.x - other.x) >= NODE_WIDTH || Math.abs(one.y - other.y) >= NODE_HEIGHT;
        expect(apart, `${first} and ${second}`).toBe(true);
      }
    }
  });

  it("lets every edge point to the right", () => {
    const places = layOut(diamond);
    for (const edge of diamond.edges) {
      expect(places.get(edge.from)?.x).toBeLessThan(places.get(edge.to)?.x ?? 0);
    }
  });

  it("is the same each time", () => {
    expect(layOut(diamond)).toEqual(layOut(structuredClone(diamond)));
  });
});

describe("what is drawn", () => {
  const step = (node: string, status: Step["status"], branches: string[]): [string, Step] => [
    node,
    { node, status, branches } as Step,
  ];
  const steps = new Map([step("start", "succeeded", [""]), step("ask", "succeeded", ["true"])]);

  it("marks the edges that the run went along, and only those", () => {
    const taken = stillOf(diamond, steps).lines.filter((line) => line.taken);
    expect(taken.map((line) => line.id)).toEqual(["start::ask", "ask:true:yes"]);
    expect(stillOf(diamond, new Map()).lines.some((line) => line.taken)).toBe(false);
  });

  it.each(documents)("of %s has one edge for each that joins two nodes", (_, document) => {
    const known = new Set(document.nodes.map((node) => node.id));
    const joining = document.edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
    const still = stillOf(document, new Map());
    expect(still.lines).toHaveLength(joining.length);
    expect(still.boxes).toHaveLength(document.nodes.length);
  });

  it("tells what asks, waits, starts and ends from what acts", () => {
    const looks = ["trigger.record", "condition.if", "action.comment", "action.approval", "action.stop"];
    expect(looks.map((type) => lookOf({ id: "x", type }))).toEqual([
      "trigger",
      "condition",
      "action",
      "approval",
      "stop",
    ]);
  });

  it("takes a type of no known family for an action", () => {
    expect(familyOf({ id: "x", type: "webhook.send_it" })).toBe("action");
    expect(kindOf({ id: "x", type: "webhook.send_it" })).toBe("send it");
    expect(titleOf({ id: "x", type: "webhook.send_it", title: "" })).toBe("x");
  });
});
