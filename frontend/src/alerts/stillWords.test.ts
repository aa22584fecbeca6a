import { expect, test } from "vitest";
import { dateTime } from "../ui/format";
import { lowered, whenWords } from "./stillWords";
import type { Standstill } from "./types";

const ONCE: Standstill = {
  id: 1,
  subject: "Everything",
  reason: "The move",
  starts_at: "2026-03-29T22:00:00Z",
  ends_at: null,
  comes_again: "",
  holding: { since: "2026-03-29T22:00:00Z", until: null },
  coming: null,
  set_by: "ada",
  lifted_at: null,
  may_lift: true,
};
const SPAN = { since: "2026-03-30T20:00:00Z", until: "2026-03-31T04:00:00Z" };
const WORDS = `from ${dateTime(SPAN.since)} to ${dateTime(SPAN.until)}`;

test("what comes once says from when until when, now or then", () => {
  expect(whenWords(ONCE)).toBe(`from ${dateTime(ONCE.starts_at)} until somebody lets it go on`);
  expect(whenWords({ ...ONCE, holding: null, coming: SPAN })).toBe(WORDS);
});

test("what comes again says so, and this window and the next", () => {
  const again = { ...ONCE, comes_again: "every day 22:00–06:00, Europe/Berlin", holding: null };
  expect(whenWords({ ...again, coming: SPAN })).toBe(`${again.comes_again}; next ${WORDS}`);
  expect(whenWords({ ...again, holding: SPAN, coming: null })).toBe(
    `${again.comes_again}; this time ${WORDS}; it doesn’t come again`,
  );
});

test("a subject stands within a sentence", () => {
  expect(lowered("The team support")).toBe("the team support");
});
