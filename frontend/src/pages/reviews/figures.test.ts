import { expect, test } from "vitest";
import { figuresOf, rate } from "./figures";
import type { Totals } from "./types";

const NONE: Totals = {
  ended: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  success_rate: null,
  median: null,
  p95: null,
  decided: 0,
  approval_time: null,
  manual_steps: 0,
  manual_hours: 0,
};

test.each([
  [null, "–"],
  [99.96, "99.9 %"],
  [100, "100 %"],
  [98, "98 %"],
])("a rate of %s is written %s", (share, written) => {
  expect(rate(share)).toBe(written);
});

test("what went up is better or worse by what it counts, and nothing is said of what there was none of", () => {
  const now = { ...NONE, ended: 12, failed: 2, success_rate: 90, p95: 4 };
  const before = { ...NONE, ended: 10, failed: 1, success_rate: 85, p95: 4 };
  const told = Object.fromEntries(figuresOf(now, before).map((one) => [one.name, one]));
  expect(told["Runs that ended"]).toMatchObject({ now: "12", before: "10", became: "" });
  expect(told["Success rate"]).toMatchObject({ now: "90 %", before: "85 %", became: "better" });
  expect(told.Failed).toMatchObject({ now: "2", before: "1", became: "worse" });
  expect(told["95 % within"]).toMatchObject({ now: "4.0 s", became: "" });
  expect(told["Median duration"]).toMatchObject({ now: "–", before: "–", became: "" });
});
