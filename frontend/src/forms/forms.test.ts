// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createElement, useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import type { Catalog, JsonSchema } from "../api/catalogTypes";
import type { Module } from "../api/recordTypes";
import type { Problem } from "../api/types";
import { SiteProvider, siteOf } from "../app/context";
import type { FormFacts } from "./facts";
import { groupOf, makeGroup, moved, readRule, withPart } from "./ruleTree";
import { fieldIdOf, isShown, SchemaForm } from "./SchemaForm";

/** The kinds as the server has them; a Python test keeps the file true. */
const KINDS = import.meta.glob<Catalog>("../../../tests/graphs/world/kinds.json", {
  eager: true,
  import: "default",
});
const [catalog] = Object.values(KINDS) as [Catalog];

const tickets: Module = {
  key: "tickets",
  name: "Tickets",
  kind: "stored",
  fields: [
    { key: "title", label: "Title", type: "text" },
    { key: "priority", label: "Priority", type: "choice", choices: ["low", "high"] },
    { key: "open", label: "Open", type: "boolean" },
    { key: "made_at", label: "Made", type: "datetime", read_only: true },
  ],
  title_field: "title",
  status_field: "",
  transitions: {},
  team: "",
  zone: "UTC",
};
const site = siteOf(document.createElement("main"));
const facts: FormFacts = {
  catalog,
  modules: [tickets],
  module: tickets,
  policies: [{ key: "vip", name: "VIP" }],
  workflows: [],
  sources: [],
  destinations: [{ key: "crm", name: "The CRM" }],
  people: [{ username: "mia", name: "Mia" }],
  groups: ["Support"],
  zones: ["UTC"],
  references: [{ path: "record.title", label: "Title", type: "text" }],
  sample: null,
};

let config: Record<string, unknown> = {};

function Harness({
  schema,
  first,
  problems,
}: {
  schema: JsonSchema;
  first: Record<string, unknown>;
  problems: Problem[];
}) {
  const [value, setValue] = useState(first);
  config = value;
  const form = createElement(SchemaForm, {
    schema,
    value,
    problems,
    onChange: setValue,
    facts,
    idPrefix: "f-",
  });
  return createElement(SiteProvider, { value: site }, form);
}

function show(type: string, first: Record<string, unknown> = {}, problems: Problem[] = []) {
  const kind = [...catalog.triggers, ...catalog.conditions, ...catalog.actions].find(
    (one) => one.type === type,
  );
  if (kind === undefined) throw new Error(`There is no kind ${type}.`);
  render(createElement(Harness, { schema: kind.config_schema, first, problems }));
}

const fill = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

afterEach(cleanup);

describe("forms", () => {
  const everything = [...catalog.triggers, ...catalog.conditions, ...catalog.actions];

  it.each(everything.map((kind) => [kind.type, kind.config_schema] as const))(
    "of %s have a field with a label for every setting that is shown",
    (_, schema) => {
      render(createElement(Harness, { schema, first: {}, problems: [] }));
      for (const [name, inner] of Object.entries(schema.properties ?? {})) {
        expect(document.getElementById(`f-${name}`) !== null, name).toBe(isShown(inner, {}));
        if (isShown(inner, {})) expect(document.querySelector(`label[for="f-${name}"]`), name).not.toBeNull();
      }
    },
  );

  it("offer the destinations that one may see", () => {
    show("action.call_webhook");
    expect(screen.getByRole("option", { name: "The CRM" })).not.toBeNull();
    fill("Destination", "crm");
    expect(config).toEqual({ destination: "crm" });
  });

  it("make the settings of a comment, and take an emptied one away", () => {
    show("action.comment");
    fill("Text", "Hello");
    expect(config).toEqual({ text: "Hello" });
    fireEvent.click(screen.getByRole("button", { name: "Insert data into Text" }));
    const [first] = screen.getAllByRole("option");
    if (first === undefined) throw new Error("There is no data to choose from.");
    fireEvent.mouseDown(first);
    expect(config.text).toBe("Hello{{ record.title }}");
    fill("Text", "");
    expect(config).toEqual({});
  });

  it("show what belongs to a choice only while it is chosen", () => {
    show("action.assign");
    expect(screen.queryByLabelText(/^Group/)).toBeNull();
    fill("How", "least_loaded");
    fill("Group (optional)", "Support");
    expect(config).toEqual({ strategy: "least_loaded", group: "Support" });
  });

  it("show what belongs to one of several that are chosen", () => {
    show("trigger.record", { on: ["created"] });
    expect(document.getElementById("f-to")).toBeNull();
    fireEvent.click(screen.getByLabelText("status changed"));
    expect(document.getElementById("f-to")).not.toBeNull();
    expect(document.getElementById("f-field")).toBeNull();
    fireEvent.click(screen.getByLabelText("field changed"));
    expect(document.getElementById("f-field")).not.toBeNull();
  });

  it("make a rule of a field, an operator and a value", () => {
    show("condition.if");
    fireEvent.click(screen.getByRole("button", { name: "Add condition" }));
    fill("Field", "priority");
    fill("Value", "high");
    expect(config).toEqual({ rule: { all: [{ field: "priority", op: "eq", value: "high" }] } });
    fill("Operator", "is_empty");
    expect(config).toEqual({ rule: { all: [{ field: "priority", op: "is_empty" }] } });
    fireEvent.click(screen.getByRole("button", { name: "not: turn part 1 round" }));
    expect(config).toEqual({ rule: { all: [{ not: { field: "priority", op: "is_empty" } }] } });
    fireEvent.click(screen.getByRole("button", { name: "Remove part 1" }));
    expect(config).toEqual({});
  });

  it("make the cases of a switch", () => {
    show("condition.switch");
    fireEvent.click(screen.getByRole("button", { name: "Add case" }));
    fill("Name of branch 1", "urgent");
    fireEvent.click(screen.getByRole("button", { name: "Add policy" }));
    expect(config).toEqual({ cases: [{ branch: "urgent", rule: { all: [{ policy: "vip" }] } }] });
  });

  it("set fields that may be written, with a value of their type or the same as another", () => {
    show("action.update_fields");
    const choices = [...screen.getByLabelText<HTMLSelectElement>("Field to set").options].map(
      (one) => one.value,
    );
    expect(choices).toEqual(["", "title", "priority", "open"]);
    fill("Field to set", "open");
    fireEvent.click(screen.getByRole("button", { name: "Set field" }));
    expect(config).toEqual({ values: { open: true } });
    fill("How open is given", "reference");
    expect(config).toEqual({ values: { open: { ref: "record.title" } } });
  });

  it("write durations as the engine reads them", () => {
    show("action.wait");
    fill("For (optional)", "3");
    expect(config).toEqual({ for: "PT3H" });
    fireEvent.change(screen.getAllByLabelText("Unit")[0] as Element, { target: { value: "D" } });
    expect(config).toEqual({ for: "P3D" });
  });

  it("tell a problem at its field", () => {
    const problem: Problem = {
      ...{ code: "unknown-field", path: "rule.all[0].field", node: "c1", severity: "error" },
      ...{ message: "There is no field “titel”.", hint: "Did you mean “title”?" },
    };
    show("condition.if", { rule: { all: [{ field: "titel", op: "eq", value: "x" }] } }, [problem]);
    const field = document.getElementById(fieldIdOf("f-", problem.path));
    const told = field
      ?.getAttribute("aria-describedby")
      ?.split(" ")
      .map((id) => document.getElementById(id)?.textContent);
    expect(told?.join(" ")).toContain("There is no field “titel”.");
  });
});

describe("rule trees", () => {
  const leaf = { field: "a", op: "eq", value: 1 };

  it.each([
    [leaf, leaf],
    [{ any: [leaf, { policy: "vip" }] }, { any: [leaf, { policy: "vip" }] }],
    [{ all: [3] }, { all: [] }],
    [undefined, { all: [] }],
    [{ not: { all: "x" } }, { all: [] }],
  ])("%j is read as %j", (stored, read) => {
    expect(readRule(stored)).toEqual(read);
  });

  it("change one part and leave the others", () => {
    const parts = [leaf, { policy: "vip" }];
    expect(withPart(parts, 1, leaf)).toEqual([leaf, leaf]);
    expect(withPart(parts, 0, null)).toEqual([{ policy: "vip" }]);
    expect(moved(parts, 0, 1)).toEqual([{ policy: "vip" }, leaf]);
    expect(moved(parts, 0, -1)).toEqual(parts);
    expect(groupOf(makeGroup("any", parts))).toEqual(["any", parts]);
    expect(groupOf(leaf)).toBeNull();
  });
});
