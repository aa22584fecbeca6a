import { describe, expect, it } from "vitest";
import { readPasted, recordOf, type Sample, sampleOf, sampleWord, subjectOf } from "./sample";

const EVENT: Sample = { kind: "event", id: 7, record: "T-1" };
const PASTED: Sample = { kind: "pasted", data: { amount: 12 } };
const SCENARIO: Sample = { kind: "scenario", id: 3, name: "Late" };

describe("a sample", () => {
  it("says what a test is about", () => {
    expect(subjectOf(null)).toEqual({ records: "live" });
    expect(subjectOf({ kind: "record", record: "T-1" })).toEqual({ record: "T-1" });
    expect(subjectOf(EVENT)).toEqual({ event_id: 7 });
    expect(subjectOf(SCENARIO)).toEqual({ scenario: 3 });
    expect(sampleWord(SCENARIO)).toBe("scenario “Late”");
    expect(subjectOf(PASTED)).toEqual({ event: { data: { amount: 12 } } });
  });

  it("has a word, and perhaps a record", () => {
    expect([null, EVENT, { ...EVENT, record: "" }, PASTED].map(sampleWord)).toEqual([
      "all live records",
      "event 7 of T-1",
      "event 7",
      "pasted data",
    ]);
    expect([null, EVENT, PASTED, SCENARIO].map(recordOf)).toEqual(["", "T-1", "", ""]);
  });
});

describe("what is pasted", () => {
  it("is an object, or refused with a sentence", () => {
    expect(readPasted('{"a": 1}')).toEqual({ a: 1 });
    expect(readPasted("{")).toMatch(/^This is no JSON: /);
    for (const text of ["1", "null", "[1]", '"x"'])
      expect(readPasted(text)).toMatch(/^An event’s data is an/);
  });
});

it("takes a run's event, or its record where no event started it", () => {
  expect(sampleOf({ event: 7, record: "T-1" })).toEqual(EVENT);
  expect(sampleOf({ event: null, record: "T-1" })).toEqual({ kind: "record", record: "T-1" });
});
