import { expect, it } from "vitest";
import type { Workflow } from "../api/types";
import { chosenOf, teamsOf } from "./workflowFilters";

function workflow(name: string, more: Partial<Workflow> = {}): Workflow {
  return {
    ...{
      id: 1,
      key: name,
      name,
      description: "",
      module: "tickets",
      team: "Support",
      owner: null,
      run_as: null,
    },
    ...{
      zone: "UTC",
      mode: "execute",
      active_version: 1,
      draft_revision: 1,
      glass_broken: false,
      simulate_only: false,
      breaker_open: false,
      runbook_url: "",
      limits: {},
      retry: {},
      archived_at: null,
      paused_at: null,
      standstill: null,
      pause_reason: "",
    },
    ...more,
  };
}

const ALL = [
  workflow("Status update"),
  workflow("Refund watch", { module: "orders", team: "Finance", mode: "simulate" }),
  workflow("Auto-routing", { team: "" }),
  workflow("Draft", { active_version: null }),
];

const names = (filters: Parameters<typeof chosenOf>[1]) => chosenOf(ALL, filters).map((one) => one.name);

it("sorts by name", () => {
  expect(names({})).toEqual(["Auto-routing", "Draft", "Refund watch", "Status update"]);
});

it("finds a part of a name whatever its case", () => {
  expect(names({ search: "WATCH" })).toEqual(["Refund watch"]);
});

it("wants every filter to hold", () => {
  expect(names({ module: "tickets", team: "Support", mode: "execute" })).toEqual(["Status update"]);
});

it("gives a draft no mode, because it has none yet", () => {
  expect(names({ mode: "execute" })).toEqual(["Auto-routing", "Status update"]);
});

it("offers each team once", () => {
  expect(teamsOf(ALL)).toEqual(["Finance", "Support"]);
});
