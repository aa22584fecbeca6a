import { expect, test } from "vitest";
import type { ListedReview, Schedule } from "./types";
import { keepable, ofWhat, whenOf } from "./words";

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

test("a week is kept of what one may decide about, once", () => {
  const schedules = [
    { id: 1, may_change: true },
    { id: 2, may_change: false },
    { id: 3, may_change: true },
  ] as Schedule[];
  const kept = [{ schedule: 3 }] as ListedReview[];
  expect(keepable(schedules, kept).map((one) => one.id)).toEqual([1]);
});
