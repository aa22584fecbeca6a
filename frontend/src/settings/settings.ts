import type { ApiError } from "../api/client";
import type {
  ChangedMeanwhile,
  Limits,
  RetryPolicy,
  Setting,
  Settings,
  WhenFull,
} from "../api/settingsTypes";
import type { Workflow } from "../api/types";

export const SETTINGS: readonly Setting[] = [
  "name",
  "description",
  "team",
  "zone",
  "runbook_url",
  "limits",
  "retry",
  "owner",
  "run_as",
];

export const NAMES: Record<Setting, string> = {
  name: "Name",
  description: "Description",
  team: "Team",
  zone: "Time zone",
  runbook_url: "Runbook",
  limits: "Limits",
  retry: "Retries",
  owner: "Owner",
  run_as: "Runs act as",
};

export function settingsOf(workflow: Workflow): Settings {
  const { name, description, team, zone, runbook_url, limits, retry, owner, run_as } = workflow;
  return { name, description, team, zone, runbook_url, limits, retry, owner, run_as };
}

/** Those of the settings that are another than they were. */
export function changesBetween(before: Settings, after: Settings): Partial<Settings> {
  return only(
    after,
    SETTINGS.filter((name) => !same(before[name], after[name])),
  );
}

export function only(settings: Settings, names: readonly Setting[]): Partial<Settings> {
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

function same(one: unknown, other: unknown): boolean {
  const plain = (value: unknown) =>
    JSON.stringify(value !== null && typeof value === "object" ? Object.entries(value).sort() : value);
  return plain(one) === plain(other);
}

/** What somebody else changed, when that is why a save was refused. */
export function changedMeanwhile(error: ApiError): ChangedMeanwhile | null {
  const { now, by, at } = error.facts as unknown as ChangedMeanwhile;
  if (error.code !== "settings-changed" || typeof now !== "object") return null;
  return { now, ...(by === undefined ? {} : { by }), ...(at === undefined ? {} : { at }) };
}

export interface LimitField {
  key: "blast_radius" | "share" | "runs_per_hour";
  name: string;
  unit: string;
  most: number;
  /** What comes of it to be above. */
  above: string;
  /** What holds where nothing is said. */
  otherwise: string;
}

export const LIMITS: readonly LimitField[] = [
  {
    key: "blast_radius",
    name: "Blast radius",
    unit: "runs per firing",
    most: 1_000_000,
    above: "Where one cause starts more runs at once, all of them wait until somebody approves.",
    otherwise: "100 where nothing is said.",
  },
  {
    key: "share",
    name: "Share of the records",
    unit: "% of those that the trigger is about",
    most: 100,
    above: "A firing of five or more runs that reaches a larger share waits until somebody approves.",
    otherwise: "No limit where nothing is said.",
  },
  {
    key: "runs_per_hour",
    name: "Runs per hour",
    unit: "runs an hour",
    most: 1_000_000,
    above: "What would start beyond so many in the last hour waits until somebody approves.",
    otherwise: "No limit where nothing is said.",
  },
];

export interface RetryField {
  key: keyof RetryPolicy;
  name: string;
  unit: string;
  least: number;
  most: number;
  help: string;
}

export const RETRIES: readonly RetryField[] = [
  {
    key: "max_attempts",
    name: "Tries in all",
    unit: "tries",
    least: 1,
    most: 20,
    help: "5 where nothing is said.",
  },
  {
    key: "base_seconds",
    name: "First wait",
    unit: "seconds",
    least: 0,
    most: 86_400,
    help: "It doubles with each try. 2 where nothing is said.",
  },
  {
    key: "cap_seconds",
    name: "Longest wait",
    unit: "seconds",
    least: 0,
    most: 86_400,
    help: "3,600 where nothing is said.",
  },
];

export const WHEN_FULL: Record<WhenFull, string> = {
  queue: "it waits, the oldest first",
  skip: "it does not start, and the decision says why",
  cancel_oldest: "the oldest is cancelled, and it starts",
};

/** "3 at once per event.record; one more: it waits, the oldest first". */
export function atOnceWords({ at_once, at_once_per, when_full }: Limits): string {
  if (at_once === undefined) return "";
  const per = at_once_per === undefined ? "" : ` per ${at_once_per}`;
  return `${at_once} at once${per}; one more: ${WHEN_FULL[when_full ?? "queue"]}`;
}

/** A setting as one reads it. */
export function wordsOf(name: Setting, value: Settings[Setting] | undefined): string {
  if (name === "limits") {
    const limits = (value ?? {}) as Limits;
    const told = LIMITS.filter(({ key }) => limits[key] !== undefined).map(
      ({ key, unit }) => `${limits[key]} ${unit}`,
    );
    const words = [...told, atOnceWords(limits)].filter((one) => one !== "");
    return words.length === 0 ? "nothing said" : words.join(", ");
  }
  if (name === "retry") {
    const retry = (value ?? {}) as RetryPolicy;
    const told = RETRIES.filter(({ key }) => retry[key] !== undefined).map(
      ({ key, name, unit }) => `${name.toLowerCase()}: ${retry[key]} ${unit}`,
    );
    return told.length === 0 ? "as each action has it" : told.join(", ");
  }
  if (name === "run_as" && value === null) return "who publishes the version";
  return value === null || value === undefined || value === "" ? "nothing" : String(value);
}
