import { describe, expect, it } from "vitest";
import type { Catalog, Operator } from "../../api/catalogTypes";
import type { Field, Module } from "../../api/recordTypes";
import { filterEntry, filtersOf, filterWords, operatorsOf, recordsAddress } from "./recordFilters";

const operator = (key: string, label: string, value: Operator["value"], event_only = false): Operator => ({
  ...{ key, label, value, event_only },
});
const EQ = operator("eq", "is", "one");
const IN = operator("in", "is one of", "many");
const BETWEEN = operator("between", "is between", "pair");
const EMPTY = operator("is_empty", "is empty", "none");
const SOON = operator("within_next", "is within the next", "duration");
const CHANGED = operator("changed", "changed", "none", true);
const STATUS: Field = { key: "status", label: "Status", type: "choice", choices: ["open"] };
const DUE: Field = { key: "due_at", label: "Due", type: "datetime" };
const ODD: Field = { key: "a__b", type: "text" };
const MODULE: Module = {
  ...{ key: "tickets", name: "Tickets", kind: "stored", fields: [STATUS, DUE, ODD], title_field: "" },
  ...{ status_field: "status", transitions: {}, team: "", zone: "UTC" },
};
const CATALOG: Catalog = {
  ...{ triggers: [], conditions: [], actions: [], retry_schema: {}, filters: [] },
  operators: [EQ, IN, BETWEEN, EMPTY, SOON, CHANGED],
  field_types: [{ type: "choice", operators: ["eq", "in", "is_empty", "changed"], cased: false }],
  limits: { nodes: 1, edges: 1, rule_depth: 1, rule_leaves: 1 },
};

describe("filtersOf", () => {
  it("reads a field with and without an operator, as the API does", () => {
    expect(filtersOf({ status: "open", due_at__within_next: "PT4H" }, MODULE.fields)).toEqual([
      { name: "status", field: "status", op: "eq", value: "open" },
      { name: "due_at__within_next", field: "due_at", op: "within_next", value: "PT4H" },
    ]);
  });

  it("knows a field whose own key holds the separator", () => {
    expect(filtersOf({ a__b: "x", a__b__eq: "y" }, MODULE.fields).map((one) => [one.field, one.op])).toEqual([
      ["a__b", "eq"],
      ["a__b", "eq"],
    ]);
  });
});

it("writes the address with and without one filter", () => {
  const search = { status__eq: "open", title__contains: "a b" };
  expect(recordsAddress("tickets", search)).toBe(
    "modules/tickets/records/?status__eq=open&title__contains=a+b",
  );
  expect(recordsAddress("tickets", search, "title__contains")).toBe(
    "modules/tickets/records/?status__eq=open",
  );
  expect(recordsAddress("tickets", {})).toBe("modules/tickets/records/");
});

it("offers no operator that looks at an event", () => {
  expect(operatorsOf(CATALOG, STATUS).map((one) => one.key)).toEqual(["eq", "in", "is_empty"]);
});

describe("filterEntry", () => {
  it("joins several values with commas", () => {
    expect(filterEntry(STATUS, IN, ["open", " solved"])).toEqual(["status__in", "open,solved"]);
  });

  it("switches on what has no value", () => {
    expect(filterEntry(STATUS, EMPTY, [])).toEqual(["status__is_empty", "true"]);
  });

  it("sends moments, not the clock on the reader's wall", () => {
    const [, value] = filterEntry(DUE, BETWEEN, ["2026-03-29T14:30", "2026-03-30T14:30"]);
    expect(value.split(",").map((text) => new Date(text).getTime())).toEqual([
      new Date("2026-03-29T14:30").getTime(),
      new Date("2026-03-30T14:30").getTime(),
    ]);
  });
});

describe("filterWords", () => {
  const words = (search: Record<string, string>) =>
    filtersOf(search, MODULE.fields).map((one) => filterWords(one, MODULE, CATALOG))[0];

  it.each([
    [{ status: "open" }, "Status is open"],
    [{ status__in: "open,closed" }, "Status is one of open, closed"],
    [{ due_at__within_next: "PT4H" }, "Due is within the next 4 h"],
    [{ status__is_empty: "true" }, "Status is empty"],
    [{ status__is_empty: "false" }, "not: Status is empty"],
    [{ status__sounds_like: "x" }, "Status sounds_like x"],
  ])("%j is “%s”", (search, shown) => {
    expect(words(search)).toBe(shown);
  });
});
