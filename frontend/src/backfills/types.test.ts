import { expect, it } from "vitest";
import { ApiError } from "../api/client";
import { sentencesOf } from "./asking";
import { type Backfill, COUNTS, inWords, inZone, isOpen, momentIn, nameOf, oneOf, thingsOf } from "./types";

function counts(some: Partial<Backfill["counts"]>): Backfill["counts"] {
  return {
    ...(Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0])) as Backfill["counts"]),
    ...some,
  };
}

it("tells only what there is, what was done first", () => {
  expect(inWords(counts({ waiting: 9, started: 4, not_started: 1 }))).toBe(
    "4 started a run, 1 started no run, 9 to come",
  );
  expect(inWords(counts({}))).toBe("");
});

it("is open until it has ended", () => {
  const states = ["queued", "running", "done", "stopped", "cancelled"] as const;
  expect(states.filter((status) => isOpen({ status }))).toEqual(["queued", "running"]);
});

it.each([
  [1, true, true, "1 slot or event"],
  [2, true, true, "2 slots and events"],
  [1, true, false, "1 slot"],
  [0, false, true, "0 events"],
  [1234, false, true, "1\u202f234 events"],
])("%i of slots %s, events %s: %s", (count, slots, events, said) => {
  expect(thingsOf(count, { slots, events })).toBe(said);
});

it("names who may say yes", () => {
  expect(oneOf([])).toBe("");
  expect(oneOf(["sam"])).toBe("sam");
  expect(oneOf(["sam", "noor", "kim"])).toBe("sam, noor or kim");
});

it("says which is only a dry run", () => {
  expect(nameOf({ id: 7, dry_run: false })).toBe("Backfill 7");
  expect(nameOf({ id: 8, dry_run: true })).toBe("Dry run of a backfill 8");
});

it.each([
  ["2026-03-28T23:30:00Z", "Europe/Berlin", "2026-03-29T00:30"],
  ["2026-03-29T01:30:00Z", "Europe/Berlin", "2026-03-29T03:30"], // the clocks have jumped
  ["2026-07-01T00:00:00Z", "America/New_York", "2026-06-30T20:00"],
])("%s stands on the clocks of %s as %s", (moment, zone, local) => {
  expect(inZone(moment, zone)).toBe(local);
});

it("takes the reader's own clocks for a zone that the browser doesn't know", () => {
  const own = new Date(2026, 2, 28, 22, 5);
  expect(inZone(own.getTime(), "Mars/Base")).toBe("2026-03-28T22:05");
  expect(momentIn(own.toISOString(), "Mars/Base")).toContain("22:05");
});

it("says each thing that is wrong, else the whole", () => {
  const problem = { code: "bad-moment", path: "since", message: "“x” is no moment.", hint: "Write it so." };
  expect(sentencesOf(new ApiError(422, "No.", "invalid", [problem as never]))).toEqual([
    "“x” is no moment. Write it so.",
  ]);
  expect(sentencesOf(new ApiError(409, "Another has just taken all of it."))).toEqual([
    "Another has just taken all of it.",
  ]);
  expect(sentencesOf(new Error("x"))).toEqual(["That could not be done. Try again."]);
});
