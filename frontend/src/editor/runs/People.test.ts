import { expect, it } from "vitest";
import { initialsOf } from "./People";

it.each([
  ["Priya Nair", "PN"],
  ["ada", "A"],
  ["  Juan Carlos de la Cruz ", "JC"],
  ["𝒜da 🦊fox", "𝒜🦊"],
  ["ñandú", "Ñ"],
  ["", ""],
])("the initials of “%s” are “%s”", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
