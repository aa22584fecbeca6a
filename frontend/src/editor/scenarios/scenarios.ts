/** Scenarios as the API speaks of them, and in words. */

import type { Api } from "../../api/client";
import type { Change } from "../../api/runTypes";
import type { Page } from "../../api/types";
import { shown } from "../../ui/format";

export type ScenarioKind = "positive" | "negative";

export interface Given {
  trigger?: string;
  event?: Record<string, unknown> | null;
  record?: { module: string; key: string; values: Record<string, unknown> } | null;
  input?: Record<string, unknown>;
  answers?: Record<string, string>;
  /** How the call of a step ends: "500", "timeout". */
  calls?: Record<string, string>;
}

export interface ExpectedEffect {
  node?: string;
  kind: string;
  target?: string;
  changes?: (Pick<Change, "field"> & Partial<Change>)[];
}

export interface Expected {
  path?: Record<string, string[]>;
  effects?: ExpectedEffect[];
  fields?: Record<string, unknown>;
  outcome?: string;
}

export interface ScenarioResult {
  status: "passed" | "failed" | "not_run";
  /** Null for those who may not see what runs hold. */
  differences: { aspect: string; node: string; message: string }[] | null;
  duration_ms: number | null;
  run_by: string | null;
  run_at: string | null;
}

export interface Scenario {
  id: number;
  name: string;
  kind: ScenarioKind;
  at: string;
  as_user: string;
  as_role: string;
  draft: ScenarioResult;
  live: ScenarioResult | null;
}

/** What a proposal is made of: one of the first four, and what is to be another than usual. */
export interface Source {
  record?: string;
  event_id?: number;
  run_id?: number;
  given?: Given;
  at?: string;
  as_user?: string;
  as_role?: string;
}

export interface Proposal {
  given: Given;
  at: string;
  origin: string;
  kind: ScenarioKind;
  expected: Expected;
  why_not: string;
}

export interface NewScenario {
  name: string;
  kind: ScenarioKind;
  given: Given;
  at: string;
  origin: string;
  as_user: string;
  as_role: string;
  expected: Expected;
}

/** One scenario whole; what is given and expected is null for those who may not see what runs hold. */
export interface WholeScenario extends Scenario {
  given: Given | null;
  expected: Expected | null;
}

export type ScenarioChanges = Partial<Omit<NewScenario, "origin">>;

export interface Ran {
  passed: number;
  failed: number;
  results: (ScenarioResult & { scenario: number; name: string })[];
}

const SLOW_WORK = { patience: 60_000 };

/** The addresses of one workflow's scenarios. */
export function scenariosOf(api: Api, workflow: number) {
  const path = `workflows/${workflow}/scenarios/`;
  return {
    list: async (signal?: AbortSignal) =>
      (await api.get<Page<Scenario>>(`${path}?limit=200`, signal)).results,
    propose: (source: Source, signal?: AbortSignal) =>
      api.send<Proposal>("POST", `${path}proposal/`, source, { ...SLOW_WORK, signal }),
    save: (scenario: NewScenario) => api.send<Scenario>("POST", path, scenario),
    get: (id: number, signal?: AbortSignal) => api.get<WholeScenario>(`${path}${id}/`, signal),
    change: (id: number, changes: ScenarioChanges) => api.send<Scenario>("PATCH", `${path}${id}/`, changes),
    run: (signal?: AbortSignal) => api.send<Ran>("POST", `${path}run/`, {}, { ...SLOW_WORK, signal }),
    remove: (id: number) => api.send<undefined>("DELETE", `${path}${id}/`, undefined),
  };
}

export type Naming = (node: string) => string;

/** Which way out each step takes, one line each. */
export function pathLines(expected: Expected, named: Naming): string[] {
  return Object.entries(expected.path ?? {}).map(
    ([node, branches]) => `${named(node)} → ${branches.join(", ") || "on"}`,
  );
}

/** What each effect does, one line each. */
export function effectLines(expected: Expected, named: Naming): string[] {
  return (expected.effects ?? []).map((effect) => {
    const about = effect.target === undefined || effect.target === "" ? "" : ` (${effect.target})`;
    const changes = (effect.changes ?? []).map(
      (change) => `${change.field} ${shown(change.before)} → ${shown(change.after)}`,
    );
    const does = changes.length > 0 ? `: ${changes.join(", ")}` : "";
    return `${effect.node === undefined ? effect.kind : named(effect.node)}${about}${does}`;
  });
}

export function kindWord(kind: ScenarioKind): string {
  return kind === "positive" ? "should fire" : "should not fire";
}

/** "4 of 6 pass", with what has not run. */
export function summary(results: readonly Pick<ScenarioResult, "status">[]): string {
  const count = (status: ScenarioResult["status"]) => results.filter((row) => row.status === status).length;
  const waiting = count("not_run");
  return `${count("passed")} of ${results.length} pass${waiting > 0 ? `, ${waiting} not run yet` : ""}`;
}

/** A moment as `<input type="datetime-local">` wants it, in the reader's zone. */
export function localMoment(iso: string): string {
  const moment = new Date(iso);
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** What is given by hand, or the sentence that says why it can't be read. */
export function readGiven(text: string): Given | string {
  return readObject<Given>(text, "What is given");
}

/** What is expected, likewise. */
export function readExpected(text: string): Expected | string {
  return readObject<Expected>(text, "What is expected");
}

/** What differs between a scenario and what was made of it; {} for nothing. */
export function changesOf(before: WholeScenario, after: Required<ScenarioChanges>): ScenarioChanges {
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof WholeScenario]),
    ),
  );
}

function readObject<T>(text: string, what: string): T | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
    return `${what} is an object.`;
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : "it can’t be read"}.`;
  }
}
