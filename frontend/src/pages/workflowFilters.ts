import type { Workflow } from "../api/types";

export type WorkflowFilters = Partial<Record<"search" | "module" | "mode" | "team", string>>;

/** The workflows that all filters select, by name. */
export function chosenOf(workflows: Workflow[], filters: WorkflowFilters): Workflow[] {
  const words = (filters.search ?? "").toLowerCase();
  return workflows
    .filter(
      (one) =>
        one.name.toLowerCase().includes(words) &&
        (!filters.module || one.module === filters.module) &&
        (!filters.mode || (one.active_version !== null && one.mode === filters.mode)) &&
        (!filters.team || one.team === filters.team),
    )
    .sort((one, other) => one.name.localeCompare(other.name));
}

export function teamsOf(workflows: Workflow[]): string[] {
  return [...new Set(workflows.map((one) => one.team))].filter((team) => team !== "").sort();
}
