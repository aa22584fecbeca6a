import { expect, it } from "vitest";
import { COUNTS, doneOf, inWords, isOpen, type Redrive } from "./types";

function redriveWith(counts: Partial<Redrive["counts"]>, status: Redrive["status"] = "running"): Redrive {
  const none = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0])) as Redrive["counts"];
  return { total: 14, counts: { ...none, ...counts }, status } as Redrive;
}

it("tells only what there is, what ended first", () => {
  expect(inWords(redriveWith({ waiting: 3, succeeded: 9, failed: 2 }).counts)).toBe(
    "9 succeeded, 2 failed again, 3 to come",
  );
  expect(inWords(redriveWith({}).counts)).toBe("");
});

it("counts as done what neither waits nor runs", () => {
  expect(doneOf(redriveWith({ waiting: 3, running: 1 }))).toBe(10);
});

it("is open until it has ended by itself or was ended", () => {
  const states = ["queued", "running", "done", "stopped", "cancelled"] as const;
  expect(states.filter((status) => isOpen(redriveWith({}, status)))).toEqual(["queued", "running"]);
});
