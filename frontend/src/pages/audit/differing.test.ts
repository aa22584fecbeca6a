import { expect, test } from "vitest";
import { differences } from "./differing";

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
