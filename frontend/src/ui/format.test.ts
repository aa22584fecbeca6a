import { describe, expect, it } from "vitest";
import { ago, dateTime, duration } from "./format";

const FROM = "2026-03-29T12:00:00Z";

describe("duration", () => {
  it.each([
    ["2026-03-29T12:00:00.012Z", "12 ms"],
    ["2026-03-29T12:00:02.190Z", "2.1 s"],
    ["2026-03-29T12:00:59.999Z", "59.9 s"],
    ["2026-03-29T12:03:05Z", "3 min 5 s"],
    ["2026-03-29T12:04:00Z", "4 min"],
    ["2026-03-29T16:10:59Z", "4 h 10 min"],
    ["2026-03-31T15:00:00Z", "2 d 3 h"],
  ])("until %s is %s", (to, shown) => {
    expect(duration(FROM, to, 0)).toBe(shown);
  });

  it("grows to now while it has no end", () => {
    expect(duration(FROM, null, Date.parse(FROM) + 5_000)).toBe("5.0 s");
  });

  it("is never negative when clocks differ", () => {
    expect(duration(FROM, null, Date.parse(FROM) - 5_000)).toBe("0 ms");
  });

  it("is a dash before the start", () => {
    expect(duration(null, null, 0)).toBe("–");
  });
});

it("shows a dash for no time", () => {
  expect(dateTime(null)).toBe("–");
});

describe("ago", () => {
  it.each([
    ["2026-03-29T11:59:30Z", "just now"],
    ["2026-03-29T12:00:20Z", "just now"],
    ["2026-03-29T11:56:00Z", "4 min ago"],
    ["2026-03-29T09:30:00Z", "2 h ago"],
    ["2026-03-01T12:00:00Z", "28 d ago"],
    ["2026-03-29T15:10:00Z", "in 3 h"],
  ])("%s is %s", (moment, shown) => {
    expect(ago(moment, Date.parse(FROM))).toBe(shown);
  });

  it("is the date when it is long past", () => {
    expect(ago("2025-06-15T12:00:00Z", Date.parse(FROM))).toContain("2025");
  });
});
