import { describe, expect, it } from "vitest";
import { effectLines, kindWord, localMoment, pathLines, readGiven, summary } from "./scenarios";

const named = (node: string) => ({ c1: "Is it urgent?", a1: "Assign" })[node] ?? node;

describe("what a scenario expects, in words", () => {
  it("names each step with its way out", () => {
    expect(pathLines({ path: { c1: ["true"], c2: ["a", "b"], c3: [] } }, named)).toEqual([
      "Is it urgent? → true",
      "c2 → a, b",
      "c3 → on",
    ]);
    expect(pathLines({}, named)).toEqual([]);
  });

  it("tells each effect with what it changes", () => {
    const changes = [{ field: "owner", before: null, after: "bob" }];
    const effects = [
      { node: "a1", kind: "action.assign", target: "T-1", changes },
      { kind: "action.notify", target: "" },
    ];
    expect(effectLines({ effects }, named)).toEqual(["Assign (T-1): owner – → bob", "action.notify"]);
    expect(effectLines({}, named)).toEqual([]);
  });

  it("says whether it should fire", () => {
    expect([kindWord("positive"), kindWord("negative")]).toEqual(["should fire", "should not fire"]);
  });
});

describe("what came of them", () => {
  it("counts those that pass and those that have not run", () => {
    expect(summary([{ status: "passed" }, { status: "failed" }])).toBe("1 of 2 pass");
    expect(summary([{ status: "passed" }, { status: "not_run" }])).toBe("1 of 2 pass, 1 not run yet");
  });
});

describe("what is typed", () => {
  it("is a moment in the reader’s zone and the same moment again", () => {
    expect(new Date(localMoment("2026-03-29T14:30:05Z")).toISOString()).toBe("2026-03-29T14:30:05.000Z");
  });

  it("is an object of JSON, or is told why not", () => {
    expect(readGiven('{"record": null}')).toEqual({ record: null });
    expect(readGiven("[1]")).toBe("What is given is an object.");
    expect(readGiven("{")).toContain("This is no JSON");
  });
});
