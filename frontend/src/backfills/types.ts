/** Backfills as the API says them, and in words. */

import type { Outcome } from "../api/recordTypes";
import type { RunChange, RunStatus } from "../api/runTypes";
import type { Mode } from "../api/types";
import { number } from "../ui/format";

interface WorkflowName {
  id: number;
  key: string;
  name: string;
}

export interface LeftOut {
  code: string;
  count: number;
  sentence: string;
}

export type BackfillStatus = "queued" | "running" | "done" | "stopped" | "cancelled";

/** In the order in which they are told. */
export const COUNTS = {
  started: "started a run",
  not_started: "started no run",
  would_succeed: "would succeed",
  would_fail: "would fail",
  would_ask: "would ask people",
  inconclusive: "can’t be told",
  would_not_start: "would start no run",
  refused: "refused",
  waiting: "to come",
  skipped: "not judged",
} as const;

export type Counted = keyof typeof COUNTS;

export interface Backfill {
  id: number;
  workflow: WorkflowName;
  version: number;
  mode: Mode;
  requested_by: string | null;
  since: string;
  until: string;
  zone: string;
  slots: boolean;
  events: boolean;
  /** A minute. */
  rate: number;
  dry_run: boolean;
  reason: string;
  status: BackfillStatus;
  ended_why: string;
  left_out: LeftOut[];
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  total: number;
  counts: Record<Counted, number>;
}

export interface BackfillDetail extends Backfill {
  /** "": nothing but its rate. */
  waits_why: string;
  /** The open question that it waits for. */
  approval: number | null;
  /** Who can answer it. */
  waits_for: string[];
  may_cancel: boolean;
}

export interface BackfillItem {
  id: number;
  trigger: string;
  /** Of the trigger; its id where it has none. */
  title: string;
  at: string;
  event: number | null;
  slot: string | null;
  record: string;
  state: "waiting" | "judged" | "foreseen" | "refused" | "skipped";
  answer: "" | Outcome;
  run: number | null;
  run_status: RunStatus | null;
  outcome: "" | "succeeds" | "fails" | "asks" | "inconclusive";
  code: string;
  message: string;
  changes: RunChange[];
}

export interface Sampled {
  at: string;
  event: number | null;
  slot: string | null;
  record: string;
  answer: Outcome;
  /** "" without the right to see payloads. */
  why: string;
}

export interface BackfillPart {
  trigger: string;
  title: string;
  makes_up_for: "slots" | "events";
  total: number;
  complete: boolean;
  first: string | null;
  last: string | null;
  left_out: LeftOut[];
  sample: Sampled[];
  held: { sentence: string } | null;
}

export interface BackfillPreview {
  version: number | null;
  mode: Mode;
  since: string;
  until: string;
  zone: string;
  total: number;
  minutes: number;
  left_out: LeftOut[];
  parts: BackfillPart[];
  /** Whose yes it would wait for; [] where nothing is held. */
  approvers: string[];
  refusal: string;
  code: string;
  notes: { code: string; message: string }[];
}

/** What is asked for; moments without an offset are by the clocks of the zone. */
export interface Asked {
  workflow: number;
  since: string;
  until: string;
  zone: string;
  slots: boolean;
  events: boolean;
  rate: number;
}

export function isOpen({ status }: Pick<Backfill, "status">): boolean {
  return status === "queued" || status === "running";
}

/** "4 started a run, 9 to come": what there is. */
export function inWords(counts: Backfill["counts"]): string {
  const told = (Object.keys(COUNTS) as Counted[]).filter((name) => counts[name] > 0);
  return told.map((name) => `${number(counts[name])} ${COUNTS[name]}`).join(", ");
}

export function nameOf({ id, dry_run }: Pick<Backfill, "id" | "dry_run">): string {
  return dry_run ? `Dry run of a backfill ${id}` : `Backfill ${id}`;
}

/** "1 slot", "12 slots and events": how many of what is made up for. */
export function thingsOf(count: number, { slots, events }: Pick<Asked, "slots" | "events">): string {
  const one = slots && events ? "slot or event" : slots ? "slot" : "event";
  const many = slots && events ? "slots and events" : slots ? "slots" : "events";
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** "sam", "sam or noor", "sam, noor or kim". */
export function oneOf(names: string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** A moment as the clocks of a zone show it, as an input of a date and a time wants it: "2026-03-29T08:00". What is no zone
 * counts as the reader's own. */
export function inZone(moment: string | number, zone: string): string {
  const parts = new Map(
    formatIn(zone, { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" })
      .formatToParts(new Date(moment))
      .map(({ type, value }) => [type, value]),
  );
  const of = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? "";
  return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}`;
}

/** "28 Mar 2026, 22:00": a moment by the clocks of a zone, for people. */
export function momentIn(moment: string, zone: string): string {
  return formatIn(zone, { dateStyle: "medium", timeStyle: "short" }, undefined).format(new Date(moment));
}

function formatIn(zone: string, how: Intl.DateTimeFormatOptions, locale: string | undefined = "en") {
  const options = { ...how, hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(locale, options); // a zone that this browser doesn't know
  }
}
