import { describe, expect, test } from "vitest";
import { type Drawing, drawingOf } from "./document";
import { begin, perform, redo, undo } from "./history";
import { insertPolicy, placesOf } from "./policies";

const RULE = { all: [{ field: "amount", op: "gt", value: "100" }] };
/** The same, its names in another order. */
const TURNED = { all: [{ value: "100", op: "gt", field: "amount" }] };
const OTHER = { field: "amount", op: "gt", value: "200" };

function drawn(): Drawing {
  return drawingOf({
    nodes: [
      { id: "t1", type: "trigger.record", config: { module: "tickets", filter: structuredClone(RULE) } },
      { id: "c1", type: "condition.if", config: { rule: structuredClone(TURNED) } },
      {
        id: "c2",
        type: "condition.switch",
        config: { cases: [{ branch: "a", rule: OTHER }, { branch: "b", rule: structuredClone(RULE) }, null] },
      },
      { id: "c3", type: "condition.if", config: { rule: { all: [RULE, OTHER] } } },
      { id: "a1", type: "action.assign", config: { rules: [{ rule: structuredClone(RULE), value: "mia" }] } },
      { id: "a2", type: "action.comment" },
    ],
    edges: [],
  });
}

describe("insertPolicy", () => {
  test("puts the policy in every place of the whole rule, and in no other", () => {
    const drawing = drawn();
    expect(placesOf(drawing, RULE)).toBe(4);
    expect(insertPolicy(drawing, RULE, "large")).toBe(4);
    const policy = { policy: "large" };
    expect(drawing.nodes.map((node) => node.config)).toEqual([
      { module: "tickets", filter: policy },
      { rule: policy },
      { cases: [{ branch: "a", rule: OTHER }, { branch: "b", rule: policy }, null] },
      { rule: { all: [RULE, OTHER] } },
      { rules: [{ rule: policy, value: "mia" }] },
      undefined,
    ]);
    expect(placesOf(drawing, RULE)).toBe(0);
  });

  test("is one step of undo", () => {
    const before = begin(drawn());
    const after = perform(before, "Extract policy", (drawing) => void insertPolicy(drawing, RULE, "large"));
    expect(after.past.map((command) => command.name)).toEqual(["Extract policy"]);
    expect(undo(after).drawing).toEqual(before.drawing);
    expect(redo(undo(after)).drawing).toEqual(after.drawing);
  });

  test("works where the rule is handed over from the drawing itself", () => {
    const before = begin(drawn());
    const rule = before.drawing.nodes[1]?.config?.rule;
    const after = perform(before, "Extract policy", (drawing) => void insertPolicy(drawing, rule, "large"));
    expect(placesOf(after.drawing, RULE)).toBe(0);
  });

  test("changes nothing where no step holds the rule", () => {
    const before = begin(drawn());
    const none = { field: "x", op: "eq", value: ["1"] };
    expect(perform(before, "Extract policy", (drawing) => void insertPolicy(drawing, none, "x"))).toBe(
      before,
    );
  });
});
