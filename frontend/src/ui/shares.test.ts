import { expect, it } from "vitest";
import { percent } from "./shares";

it.each([
  [0, 0, "–"],
  [5, 5, "100 %"],
  [1, 2, "50 %"],
  [55, 56, "98.2 %"],
  [99_999, 100_000, "99.9 %"],
  [0, 3, "0 %"],
])("%i of %i is %s", (part, all, shown) => {
  expect(percent(part, all)).toBe(shown);
});
