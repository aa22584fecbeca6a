import { expect, it } from "vitest";
import { type Becomes, editOf, type Row } from "./edits";

function row(field: string, becomes: Becomes, value = ""): Row {
  return { id: 0, field, becomes, value };
}

it("sets fields to values of each kind and takes others out", () => {
  const rows = [
    row("team", "text", "5"),
    row("count", "number", "5"),
    row("urgent", "yes"),
    row("late", "no"),
    row("note", "nothing"),
    row("items", "json", "[1]"),
    row("old", "removed"),
  ];
  expect(editOf(rows)).toEqual({
    set: { team: "5", count: 5, urgent: true, late: false, note: null, items: [1] },
    remove: ["old"],
  });
});

it("is no edit while no field is named", () => {
  expect(editOf([])).toBeNull();
  expect(editOf([row(" ", "text", "x")])).toBeNull();
});

it("says what can't be read", () => {
  expect(editOf([row("count", "number", '"5"')])).toBe('“"5"” is no number.');
  expect(editOf([row("items", "json", "[1")])).toBe("“[1” is no JSON.");
});
