import { expect, it } from "vitest";
import { barHeight, moved } from "./gridMoves";

it.each([
  ["ArrowUp", 0, 2],
  ["ArrowDown", 2, 2],
  ["ArrowLeft", 1, 1],
  ["ArrowRight", 1, 3],
  ["Home", 1, 0],
  ["End", 1, 3],
  ["PageUp", 0, 2],
  ["PageDown", 4, 2],
])("%s leads to row %i, column %i", (key, row, column) => {
  expect(moved({ row: 1, column: 2 }, key, 5, 4)).toEqual({ row, column });
});

it("stays within the edges", () => {
  expect(moved({ row: 0, column: 0 }, "ArrowUp", 5, 4)).toEqual({ row: 0, column: 0 });
  expect(moved({ row: 4, column: 3 }, "ArrowRight", 5, 4)).toEqual({ row: 4, column: 3 });
});

it("leaves other keys alone", () => {
  expect(moved({ row: 0, column: 0 }, "Enter", 5, 4)).toBeNull();
});

it("draws the longest run as the highest bar, and none without one", () => {
  expect([
    barHeight(50, 100, 24),
    barHeight(100, 100, 24),
    barHeight(0, 100, 24),
    barHeight(0, 0, 24),
  ]).toEqual([12, 24, 2, 2]);
});
