import { describe, expect, it } from "vitest";
import type { Module } from "../api/recordTypes";
import type { Problem, Template, Workflow } from "../api/types";
import { beginningOf, freeName, lackOf, moduleFor, nameFor } from "./beginnings";

const template = (key: string, wanted: Partial<Template> = {}): Template => ({
  key,
  name: "SLA alert",
  sentence: "Tells in time.",
  module: "tickets",
  missing: [],
  problems: [],
  scenarios: [],
  document: { nodes: [], edges: [] },
  ...wanted,
});
const workflow = (id: number, name: string, module: string | null = "orders") =>
  ({ id, name, module }) as Workflow;
const problem = { message: "There is no field “due_at”." } as Problem;
const TEMPLATES = [template("sla-alert"), template("lost", { missing: ["crm"] })];
const WORKFLOWS = [workflow(4, "SLA alert"), workflow(5, "Refund watch")];
const MODULES = [{ key: "tickets", name: "Tickets" } as Module];

describe("beginningOf", () => {
  it.each([
    ["", "blank"],
    ["template:sla-alert", "template"],
    ["template:lost", "blank"],
    ["template:unknown", "blank"],
    ["copy", "copy"],
    ["copy:5", "copy"],
    ["copy:77", "copy"],
  ])("%s is %s", (from, kind) => {
    expect(beginningOf(from, TEMPLATES, WORKFLOWS).kind).toBe(kind);
  });

  it("knows the workflow that is copied, once one is chosen", () => {
    expect(beginningOf("copy:5", [], WORKFLOWS)).toEqual({ kind: "copy", workflow: WORKFLOWS[1] });
    expect(beginningOf("copy:77", [], WORKFLOWS)).toEqual({ kind: "copy", workflow: null });
  });
});

it("proposes a name that is free", () => {
  expect(freeName("sla ALERT", WORKFLOWS)).toBe("sla ALERT 2");
  expect(freeName("New", WORKFLOWS)).toBe("New");
  const taken = [...WORKFLOWS, workflow(6, "SLA alert 2")];
  expect(nameFor(beginningOf("template:sla-alert", TEMPLATES, taken), taken)).toBe("SLA alert 3");
  expect(nameFor(beginningOf("copy:5", [], taken), taken)).toBe("Copy of Refund watch");
  expect(nameFor(beginningOf("copy", [], taken), taken)).toBe("");
});

it("binds the module to what the draft is about", () => {
  expect(moduleFor(beginningOf("template:sla-alert", TEMPLATES, []))).toBe("tickets");
  expect(moduleFor(beginningOf("copy:5", [], WORKFLOWS))).toBe("orders");
  expect(moduleFor(beginningOf("", [], []))).toBeNull();
});

it.each([
  [template("a"), ""],
  [template("a", { missing: ["crm"] }), "Needs the module “crm”, which this installation does not have."],
  [template("a", { problems: [problem] }), "One setting does not fit Tickets here yet"],
  [template("a", { problems: [problem, problem] }), "2 settings do not fit Tickets here yet"],
])("says what a template lacks here: %#", (one, words) => {
  const said = lackOf(one, MODULES);
  expect(words === "" ? said : said.slice(0, words.length)).toBe(words);
});
