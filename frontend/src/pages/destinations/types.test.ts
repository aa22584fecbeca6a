import { describe, expect, it } from "vitest";
import { type Attempt, type Destination, healthOf, tookOf } from "./types";

const NOW = Date.parse("2026-03-29T12:00:00Z");
const WELL = { state: "enabled", failures: 0, open_until: null } as Destination;

describe("how a destination has been", () => {
  it("is told by the worst that holds", () => {
    expect(healthOf(WELL, NOW)).toBe("enabled");
    expect(healthOf({ ...WELL, failures: 3 }, NOW)).toBe("failing, 3 in a row");
    const paused = { ...WELL, failures: 6, open_until: "2026-03-29T12:00:30Z" };
    expect(healthOf(paused, NOW)).toBe("paused after failures");
    expect(healthOf(paused, NOW + 60_000)).toBe("failing, 6 in a row");
    expect(healthOf({ ...paused, state: "disabled" }, NOW)).toBe("disabled");
  });
});

describe("how long an attempt took", () => {
  it("is told in milliseconds and in seconds", () => {
    const attempt = {
      started_at: "2026-03-29T12:00:00.000Z",
      finished_at: "2026-03-29T12:00:00.012Z",
    } as Attempt;
    expect(tookOf(attempt)).toBe("12 ms");
    expect(tookOf({ ...attempt, finished_at: "2026-03-29T12:00:03.100Z" })).toBe("3.1 s");
  });
});
