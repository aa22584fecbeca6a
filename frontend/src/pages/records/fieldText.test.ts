import { describe, expect, it } from "vitest";
import type { Field, Module } from "../../api/recordTypes";
import { changedValues, choicesOf, parsedText, rebased, textOf, textsOf } from "./fieldText";

const field = (type: string, key = "f"): Field => ({ key, type });

describe("a value in an input", () => {
  it.each([
    ["text", "hello"],
    ["money", "12.50"],
    ["boolean", true],
    ["boolean", false],
    ["list", ["a", "b"]],
    ["json", { a: [1, null] }],
    ["date", "2026-03-29"],
    ["datetime", "2026-03-29T14:30:00.000Z"],
  ])("comes back as it was: %s %j", (type, value) => {
    expect(parsedText(field(type), textOf(field(type), value))).toEqual(value);
  });

  it("is empty for nothing, and empty means nothing", () => {
    expect(textOf(field("text"), null)).toBe("");
    expect(parsedText(field("number"), " ")).toBeNull();
    expect(parsedText(field("list"), "")).toEqual([]);
  });
});

const FIELDS = [field("text", "title"), field("json", "data"), field("datetime", "due")];

describe("changedValues", () => {
  it("sends only what was changed, so that a moment keeps its seconds", () => {
    const before = textsOf(FIELDS, { title: "Old", due: "2026-03-29T14:30:25.5Z" });
    expect(changedValues(FIELDS, before, { ...before, title: "New" }).values).toEqual({ title: "New" });
  });

  it("sends null for what was emptied", () => {
    expect(changedValues(FIELDS, { title: "Old" }, { title: "" }).values).toEqual({ title: null });
  });

  it("tells which text is no JSON", () => {
    const { values, problems } = changedValues(FIELDS, {}, { data: "{a" });
    expect(values).toEqual({});
    expect(Object.keys(problems)).toEqual(["data"]);
  });
});

it("keeps what was typed when somebody was faster, and takes the rest", () => {
  const before = { title: "Old", status: "open" };
  expect(rebased(before, { title: "Theirs", status: "solved" }, { title: "Mine", status: "open" })).toEqual({
    title: "Mine",
    status: "solved",
  });
});

describe("choicesOf", () => {
  const status: Field = { key: "status", type: "choice", choices: ["open", "solved", "closed"] };
  const module: Module = {
    ...{ key: "t", name: "T", kind: "stored", fields: [status], title_field: "", status_field: "status" },
    ...{ transitions: { open: ["solved"] }, team: "", zone: "UTC" },
  };

  it("offers the moves of a status, and where it stands", () => {
    expect(choicesOf(module, status, "open")).toEqual(["open", "solved"]);
    expect(choicesOf(module, status, "closed")).toEqual(["closed"]);
  });

  it("offers all for a new record, for other fields, and where every move is allowed", () => {
    expect(choicesOf(module, status)).toEqual(["open", "solved", "closed"]);
    expect(choicesOf(module, { ...status, key: "x" }, "open")).toHaveLength(3);
    expect(choicesOf({ ...module, transitions: {} }, status, "open")).toHaveLength(3);
  });
});
