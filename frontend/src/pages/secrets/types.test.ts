import { expect, it } from "vitest";
import { dayOf, endOf, expiryOf, hostsOf } from "./types";

const NOW = Date.parse("2026-03-01T12:00:00Z");

it.each([
  [null, "none"],
  ["2026-03-01T12:00:00Z", "past"],
  ["2026-03-15T12:00:00Z", "soon"],
  ["2026-03-15T12:00:01Z", "later"],
])("%s is %s", (expires, expected) => {
  expect(expiryOf(expires, NOW)).toBe(expected);
});

it("takes hosts by lines and by commas", () => {
  expect(hostsOf(" a.example\n*.b.example, c.example \n")).toEqual(["a.example", "*.b.example", "c.example"]);
});

it("gives a day back as it was chosen", () => {
  expect(dayOf(endOf("2026-03-29"))).toBe("2026-03-29");
  expect(endOf("")).toBeNull();
  expect(dayOf(null)).toBe("");
});
