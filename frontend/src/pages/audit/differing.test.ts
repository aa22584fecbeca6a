import { expect, test } from "vitest";
import { differences, inShort, told } from "./differing";

test("names that differ are told with both values, equal ones are left out", () => {
  expect(differences({ mode: "simulate", version: 3 }, { mode: "execute", version: 3 })).toEqual([
    { name: "mode", from: "simulate", to: "execute" },
  ]);
});

test("what is new has no before, what is gone no after", () => {
  expect(differences(null, { key: "x" })).toEqual([{ name: "key", from: undefined, to: "x" }]);
  expect(differences({ key: "x" }, null)).toEqual([{ name: "key", from: "x", to: undefined }]);
});

test("values that are no objects stand for themselves", () => {
  expect(differences("a", "b")).toEqual([{ name: "", from: "a", to: "b" }]);
  expect(differences(null, null)).toEqual([]);
  expect(differences([1], [1])).toEqual([]);
});

test("objects are told down to the names within", () => {
  expect(differences({ limits: {} }, { limits: { blast_radius: 11 } })).toEqual([
    { name: "limits.blast_radius", from: undefined, to: 11 },
  ]);
  expect(differences({ limits: { a: 1, b: 2 } }, { limits: { a: 1, b: 3 } })).toEqual([
    { name: "limits.b", from: 2, to: 3 },
  ]);
  expect(differences({ rule: "x" }, { rule: { all: [1] } })).toEqual([
    { name: "rule", from: "x", to: undefined },
    { name: "rule.all", from: undefined, to: [1] },
  ]);
});

test("values are told as people read them", () => {
  expect(told("ec441caf6f0f".padEnd(64, "0"))).toBe("ec441caf6f0f…");
  expect(told("2026-11-19T15:04:46.383851+00:00")).not.toContain("T15");
  expect(told(["view", "edit"])).toBe("view, edit");
  expect(
    told([
      { field: "status", op: "in", value: ["open"] },
      { field: "title", op: "is_empty" },
    ]),
  ).toBe("field status, op in, value open; field title, op is_empty");
  expect(told([{ key: "valid", state: "met", sentence: "It is valid." }])).toBe("met: It is valid.");
  expect([told(true), told([]), told(4), told("")]).toEqual(["yes", "[]", "4", "–"]);
});

test("a long list of objects is told by how many there are, in which state", () => {
  const line = (state: string, sentence: string) => ({ state, sentence });
  const gate = [line("met", "a"), line("open", "b"), line("met", "c"), line("not_needed", "d")];
  expect(inShort(gate)).toBe("4: 2 met, 1 open, 1 not needed");
  expect(inShort(gate.slice(0, 3))).toBeNull();
  expect(inShort([{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }])).toBe("4 entries");
  expect(inShort(["a", "b", "c", "d"])).toBeNull();
  expect(inShort("abcd")).toBeNull();
});
