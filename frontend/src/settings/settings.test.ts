import { expect, it } from "vitest";
import { ApiError } from "../api/client";
import type { Settings } from "../api/settingsTypes";
import { changedMeanwhile, changesBetween, wordsOf } from "./settings";

const BEFORE: Settings = {
  name: "Route tickets",
  description: "",
  team: "support",
  zone: "UTC",
  runbook_url: "",
  limits: { blast_radius: 100, share: 20 },
  retry: {},
  owner: "priya",
  run_as: null,
};

it("sends only what is another than it was", () => {
  expect(changesBetween(BEFORE, { ...BEFORE })).toEqual({});
  expect(changesBetween(BEFORE, { ...BEFORE, limits: { share: 20, blast_radius: 100 } })).toEqual({});
  const limits = { blast_radius: 50, share: 20 };
  expect(changesBetween(BEFORE, { ...BEFORE, limits, run_as: "svc" })).toEqual({ limits, run_as: "svc" });
  expect(changesBetween(BEFORE, { ...BEFORE, limits: {} })).toEqual({ limits: {} });
});

it("knows what somebody else changed, and no other refusal", () => {
  const facts = { now: { team: "finance" }, by: "sam", at: "2026-03-29T14:30:00Z" };
  expect(changedMeanwhile(new ApiError(409, "x", "settings-changed", [], facts))).toEqual(facts);
  expect(changedMeanwhile(new ApiError(409, "x", "conflict", [], facts))).toBeNull();
  expect(changedMeanwhile(new ApiError(409, "x", "settings-changed"))).toBeNull();
});

it.each([
  ["limits", { blast_radius: 5, share: 10 }, "5 runs per firing, 10 % of those that the trigger is about"],
  ["limits", {}, "nothing said"],
  ["run_as", null, "who publishes the version"],
  ["run_as", "svc", "svc"],
  ["description", "", "nothing"],
] as const)("%s %j reads %s", (name, value, words) => {
  expect(wordsOf(name, value)).toBe(words);
});
