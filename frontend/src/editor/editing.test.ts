import { describe, expect, it } from "vitest";
import type { RunTest } from "../api/runTypes";
import type { Problem } from "../api/types";
import type { Drawing } from "../graph/document";
import { arrange } from "../graph/layout";
import { freeWay } from "./commands";
import { referencesOf } from "./facts";
import { type Finding, findingsOf, knownFindings, mended, proposalOf, withValueAt, worded } from "./findings";
import { impactOf } from "./impact";
import { neighbour } from "./keys";
import { actionsOf, editorStore } from "./store";
import { summaryOf } from "./summary";

const drawing: Drawing = {
  nodes: [
    { id: "t1", type: "trigger.record", lane: "Support", config: { module: "tickets" } },
    {
      id: "c1",
      type: "condition.if",
      lane: "Support",
      config: { rule: { field: "titel", op: "eq", value: "x" } },
    },
    { id: "a1", type: "action.set_variable", lane: "Finance", config: { values: { due: "x" } } },
    { id: "a2", type: "action.comment", lane: "Support", config: { text: "y" } },
  ],
  edges: [
    { from: "t1", to: "c1" },
    { from: "c1", to: "a1", branch: "true" },
    { from: "a1", to: "a2" },
  ],
  layout: {},
  notes: [],
};
const problem = (code: string, path: string, more: Partial<Problem> = {}): Problem => ({
  code,
  path,
  node: "",
  message: "",
  hint: "",
  severity: "error",
  ...more,
});

describe("findings", () => {
  it("know their step and the place in its settings", () => {
    const found = findingsOf(
      [
        problem("a", "nodes[1].config.rule.field"),
        problem("b", "nodes[2]"),
        problem("c", "edges[1].branch"),
        problem("d", "nodes"),
      ],
      drawing,
    );
    expect(found.map(({ node, field }) => [node, field])).toEqual([
      ["c1", "rule.field"],
      ["a1", ""],
      ["c1", ""],
      ["", ""],
    ]);
  });

  it("propose what can be put in, and put it there without touching the old settings", () => {
    const [found] = findingsOf(
      [problem("x", "nodes[1].config.rule.field", { hint: "Did you mean “title”?" })],
      drawing,
    );
    if (found === undefined) throw new Error("Nothing was found.");
    expect(proposalOf(found)).toBe("title");
    const config = drawing.nodes[1]?.config ?? {};
    expect(withValueAt(config, "rule.field", "title")).toEqual({
      rule: { field: "title", op: "eq", value: "x" },
    });
    expect(config).toEqual({ rule: { field: "titel", op: "eq", value: "x" } });
    expect(withValueAt({ a: [{ b: 1 }] }, "a[0].b", 2)).toEqual({ a: [{ b: 2 }] });
    expect(withValueAt(config, "no.such.place", 1)).toBe(config);
  });

  const inText = (message: string, hint: string): Finding => ({
    ...problem("bad-template", "", { message, hint }),
    node: "a1",
    field: "text",
  });

  it.each([
    ["titel: {{ record.titel }}!", "titel: {{ record.title }}!"],
    [
      "{{ record.titel | default: 'titel' }} {{ record.titel2 }}",
      "{{ record.title | default: 'titel' }} {{ record.titel2 }}",
    ],
  ])("mend the name inside a text and nothing around it: %s", (text, right) => {
    const finding = inText("“Tickets” has no field “titel”.", "Did you mean “title”?");
    expect(mended({ text, to: "x" }, finding)).toEqual({ text: right, to: "x" });
  });

  it("mend no text in which the name can't be found, and a plain setting as a whole", () => {
    const finding = inText("“Tickets” has no field “titel”.", "Did you mean “title”?");
    expect(mended({ text: "{{ record.subject }} titel" }, finding)).toBeNull();
    expect(mended({ text: "{{ record.titel }}" }, { ...finding, hint: "Leave it out." })).toBeNull();
    expect(mended({ text: "titel" }, finding)).toEqual({ text: "title" });
  });

  it("are said in the words that stand on the page", () => {
    const schema = { properties: { on: { title: "When a record is" } } };
    const said = (code: string, message: string, field: string) =>
      worded({ ...problem(code, "", { message }), node: "t1", field }, "New ticket", schema).message;
    expect(said("missing-config", "“on” is missing.", "on")).toBe("“When a record is” is missing.");
    expect(said("missing-value", "“in” needs a value.", "filter")).toBe("“is one of” needs a value.");
    expect(said("noisy-trigger", "“t1” starts a run for every record.", "")).toBe(
      "“New ticket” starts a run for every record.",
    );
  });

  it("propose nothing where the hint is no proposal, or the fault is no setting's", () => {
    expect(proposalOf({ ...problem("x", ""), field: "a", hint: "Add a case." })).toBeNull();
    expect(proposalOf({ ...problem("x", ""), field: "", hint: "Did you mean “y”?" })).toBeNull();
  });

  it("keep the server's word about steps that did not change since, and no other", () => {
    const server = findingsOf(
      [problem("bad-template", "nodes[3].config.text"), problem("k", "nodes[1].config.rule")],
      drawing,
    );
    const changed = {
      ...drawing,
      nodes: drawing.nodes.map((node) => (node.id === "c1" ? { ...node } : node)),
    };
    const local = [problem("z", "nodes[0]")];
    expect(knownFindings(local, changed, server, drawing).map((one) => one.code)).toEqual([
      "z",
      "bad-template",
    ]);
  });
});

describe("impact", () => {
  const test = (records: Record<string, string>, total = Object.keys(records).length): RunTest => {
    const items = Object.entries(records).map(([record, after]) => ({
      record,
      branch: "",
      path: [],
      status: "succeeded",
      inconclusive: false,
      actions: [
        {
          node: "a1",
          kind: "action.x",
          risk: "low",
          allowed: true,
          status: "succeeded",
          assumed: false,
          changes: [{ field: "f", before: null, after }],
          preview: null,
        },
      ],
    }));
    const candidates = { total, shown: items.length, records: null, branches: [], nearest: [], items };
    const decision = { outcome: "matched", reason: {} };
    return { run: null, mode: "simulate", matched: true, decision, candidates, logs: [], problems: [] };
  };

  it("counts what is the same, new, gone and treated otherwise", () => {
    expect(impactOf(test({ a: "1", b: "1", c: "1" }), test({ a: "1", b: "2", d: "1" }))).toEqual({
      before: 3,
      after: 3,
      same: 1,
      added: 1,
      removed: 1,
      other: 1,
      cut: false,
    });
  });

  it("says when not all were compared, and compares with nothing before the first release", () => {
    expect(impactOf(null, test({ a: "1" }, 900))).toMatchObject({ before: null, after: 900, cut: true });
  });
});

describe("the graph by keys", () => {
  const places = new Map([
    ["t1", { x: 0, y: 0 }],
    ["c1", { x: 300, y: 0 }],
    ["a1", { x: 600, y: 0 }],
    ["a2", { x: 600, y: 100 }],
  ]);

  it.each([
    ["t1", "right", "c1"],
    ["c1", "left", "t1"],
    ["a1", "down", "a2"],
    ["a2", "up", "a1"],
    ["t1", "left", null],
    ["gone", "right", null],
  ] as const)("%s %s is %s", (from, direction, to) => {
    expect(neighbour(drawing, places, from, direction)).toBe(to);
  });

  it("goes on from the first way out that leads nowhere", () => {
    expect(freeWay(drawing, "c1")).toEqual({ from: "c1", branch: "false" });
    expect(freeWay(drawing, "a1")).toEqual({ from: "a1", branch: "" });
    expect(freeWay(drawing, undefined)).toBeNull();
  });
});

it("a team's steps stand in one lane, and lanes do not overlap", () => {
  const { lanes, places } = arrange(drawing);
  expect(lanes.map((lane) => lane.name)).toEqual(["Support", "Finance"]);
  const [first, second] = lanes;
  expect((first?.y ?? 0) + (first?.height ?? 0)).toBeLessThanOrEqual(second?.y ?? 0);
  for (const node of drawing.nodes) {
    const lane = lanes.find((one) => one.name === node.lane);
    const y = places.get(node.id)?.y ?? -1;
    expect(y).toBeGreaterThanOrEqual(lane?.y ?? 0);
    expect(y).toBeLessThan((lane?.y ?? 0) + (lane?.height ?? 0));
  }
});

it("a step's data are the record's fields and what comes before it, nothing after", () => {
  const fields = [{ key: "title", label: "Title", type: "text" }];
  const paths = (id: string) =>
    referencesOf(drawing, id, fields, { record: { title: "A" }, event: null }, new Map()).map(
      (one) => one.path,
    );
  expect(paths("a2")).toContain("variables.due");
  expect(paths("a2")).toContain("steps.a1.output");
  expect(paths("c1")).not.toContain("variables.due");
  expect(referencesOf(drawing, "c1", fields, { record: { title: "A" }, event: null }, new Map())[0]).toEqual({
    path: "record.title",
    label: "Title",
    type: "text",
    sample: "A",
  });
});

it.each([
  [drawing.nodes[1], "titel is x"],
  [{ id: "s", type: "condition.switch", config: { cases: [{ branch: "hot" }, {}] } }, "hot, ?, otherwise"],
  [
    {
      id: "a",
      type: "action.x",
      config: { to: "solved", users: ["a", "b"], values: { v: { ref: "now" } }, retry: {} },
    },
    "solved · a, b · v: now",
  ],
  [
    {
      id: "r",
      type: "condition.if",
      config: { rule: { any: [{ policy: "vip" }, { not: { field: "a", op: "is_empty" } }] } },
    },
    "“vip” holds or not (Amount is empty)",
  ],
  [{ id: "e", type: "action.x" }, ""],
])("a step says in one line what it is set to", (node, text) => {
  if (node === undefined) throw new Error("There is no such node.");
  const words = {
    operators: new Map([
      ["eq", "is"],
      ["is_empty", "is empty"],
    ]),
    fields: new Map([["a", { key: "a", label: "Amount", type: "number" }]]),
  };
  expect(summaryOf(node, words)).toBe(text);
});

describe("a step that is added", () => {
  const opened = () => {
    const store = editorStore({ ...drawing, schema: 1, revision: 1 } as Parameters<typeof editorStore>[0]);
    const labels: Record<string, string> = { "action.comment": "Comment" };
    const actions = actionsOf(
      store,
      () => ({}),
      (type) => labels[type] ?? "",
    );
    const titleOf = (id: string) =>
      store.getState().history.drawing.nodes.find((node) => node.id === id)?.title;
    return { store, actions, titleOf };
  };

  it("is called what it is, with a number where another is called so", () => {
    const { actions, titleOf } = opened();
    const first = actions.add("action.comment", { where: "free" });
    const second = actions.add("action.comment", { where: "after", way: { from: first, branch: "" } });
    const third = actions.add("action.comment", { where: "free" });
    expect([first, second, third].map(titleOf)).toEqual(["Comment", "Comment 2", "Comment 3"]);
    expect(titleOf(actions.add("action.unheard_of", { where: "free" }))).toBe("");
    actions.undo();
    actions.undo();
    expect(titleOf(third)).toBeUndefined(); // the step and its name are one command
  });

  it("ends the choice of where an earlier step leads", () => {
    const { store, actions } = opened();
    store.setState({ armed: { from: "a2", branch: "" } });
    actions.add("action.comment", { where: "free" });
    expect(store.getState().armed).toBeNull();
  });
});
