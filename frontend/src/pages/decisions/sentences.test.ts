import { describe, expect, it } from "vitest";
import { dateTime } from "../../ui/format";
import { sentenceOf, spanOf } from "./sentences";

const SINCE = "2026-03-29T12:00:00Z";
const WHY = 'The filter does not hold: “status is "open"” is false, the value is "closed".';

describe("sentenceOf", () => {
  it("repeats which rule said no and the value that it saw", () => {
    expect(sentenceOf({ outcome: "filtered", reason: { rule: "filter", why: WHY } })).toBe(WHY);
  });

  it("tells since when and why a workflow was paused", () => {
    const reason = { since: SINCE, why: "The mail server is down." };
    expect(sentenceOf({ outcome: "paused", reason })).toBe(
      `The workflow was paused since ${dateTime(SINCE)}: The mail server is down.`,
    );
    expect(sentenceOf({ outcome: "paused", reason: {} })).toBe("The workflow was paused.");
  });

  it("tells the rate that was used up", () => {
    expect(sentenceOf({ outcome: "throttled", reason: { max: 5, per: "PT10M" } })).toContain("5 in 10 min");
  });

  it("says which right is missing when the reason is kept back", () => {
    expect(sentenceOf({ outcome: "filtered", reason: null })).toContain("view payloads");
  });

  it("needs no right to say that a run started", () => {
    expect(sentenceOf({ outcome: "matched", reason: null })).toBe("The trigger’s rules hold.");
  });

  it("says what is wrong with a broken trigger", () => {
    expect(sentenceOf({ outcome: "broken", reason: { problem: "Its module is gone." } })).toContain(
      "Its module is gone.",
    );
  });
});

it.each([
  ["PT10M", "10 min"],
  ["PT1H30M", "1 h 30 min"],
  ["P1D", "1 d"],
  ["P2W", "14 d"],
  ["PT0.5S", "0.5 s"],
  ["soon", "soon"],
])("%s is %s", (duration, shown) => {
  expect(spanOf(duration)).toBe(shown);
});
