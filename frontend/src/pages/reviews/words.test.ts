import { expect, test } from "vitest";
import { ofWhat, whenOf } from "./words";

test.each([
  [{ team: "Desk", personal: false }, "team Desk"],
  [{ team: "", personal: false }, "all workflows"],
  [{ team: "", personal: true }, "what you may see"],
  [{ team: "Desk", personal: true }, "what you may see of Desk"],
])("%j is called %s", (review, called) => {
  expect(ofWhat(review)).toBe(called);
});

test("a schedule says its day, hour and zone", () => {
  expect(whenOf({ weekday: 0, hour: 8, zone: "Europe/Vienna" })).toBe("Mondays at 08:00, Europe/Vienna");
});
