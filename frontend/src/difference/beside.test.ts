import { expect, it } from "vitest";
import { NOTHING, sentencesBeside, turned } from "./beside";

const CHANGED = {
  workflows: [
    { path: "errand", before: 1, after: 2 },
    { path: "bill", before: "live", after: 4 },
    { path: "fresh", before: null, after: 1 },
  ],
  policies: [
    { path: "large", before: 1, after: 3 },
    { path: "old", before: 2, after: null },
  ],
  fingerprints: [
    { path: "destination.crm.address", before: "a1", after: "b2" },
    { path: "destination.bill.headers", before: "a1", after: "b2" },
    { path: "destination.bill.secrets", before: "a1", after: "b2" },
    { path: "destination.new.address", before: null, after: "b2" },
    { path: "destination.new.headers", before: null, after: "b2" },
  ],
  settings: [{ path: "zone", before: "UTC", after: "Europe/Berlin" }],
};

it("tells what a version pins beside its steps", () => {
  expect(sentencesBeside(NOTHING)).toEqual([]);
  expect(sentencesBeside(CHANGED)).toEqual([
    "It starts “errand” at version 2; it was version 1.",
    "It starts “bill” at version 4; it was whatever version is live.",
    "It starts “fresh” at version 1.",
    "The destination “crm” is not what it was: its address changed.",
    "The destination “bill” is not what it was: its headers and secrets changed.",
    "It keeps what the destination “new” is.",
    "It keeps the policy “large” at revision 3; it was revision 1.",
    "It no longer keeps the policy “old” at revision 2.",
    "Its time zone is Europe/Berlin; it was UTC.",
  ]);
});

it("tells it from the other side", () => {
  expect(sentencesBeside(turned(CHANGED))).toEqual([
    "It starts “errand” at version 1; it was version 2.",
    "It starts “bill” at whatever version is live; it was version 4.",
    "It no longer starts “fresh” at version 1.",
    "The destination “crm” is not what it was: its address changed.",
    "The destination “bill” is not what it was: its headers and secrets changed.",
    "It no longer keeps what the destination “new” is.",
    "It keeps the policy “large” at revision 1; it was revision 3.",
    "It keeps the policy “old” at revision 2.",
    "Its time zone is UTC; it was Europe/Berlin.",
  ]);
});
