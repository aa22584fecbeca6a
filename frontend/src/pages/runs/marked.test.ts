import { expect, it } from "vitest";
import { parted } from "./marked";

it("parts a text at the words that were looked for, whatever signs they have", () => {
  expect(parted("Told the Courier of T-1042.", "cour “T-10”")).toEqual([
    "Told the ",
    "Cour",
    "ier of ",
    "T-10",
    "42.",
  ]);
  expect(parted("a (b) [c", "(b [c x+y .*")).toEqual(["a (", "b", ") [", "c", ""]);
  expect(parted("unworthy", "worth")).toEqual(["unworthy"]);
  expect(parted("all of it", " … ")).toEqual(["all of it"]);
});
