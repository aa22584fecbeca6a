/** What a test is about, and what previews look at. */

import type { RunDetail, RunTestBody } from "../api/runTypes";

export type Sample =
  | { kind: "record"; record: string }
  /** An event that was accepted: rules see what they saw then, steps the record as it is now. */
  | { kind: "event"; id: number; record: string }
  /** What a saved scenario is given, at its own moment. */
  | { kind: "scenario"; id: number; name: string }
  /** What somebody pasted: the data of an event. */
  | { kind: "pasted"; data: Record<string, unknown> };

/** What a run had: its event, or at least its record. */
export function sampleOf({ event, record }: Pick<RunDetail, "event" | "record">): Sample {
  return event === null ? { kind: "record", record } : { kind: "event", id: event, record };
}

/** The part of a run test's request that says what it is about; null is all live records. */
export function subjectOf(sample: Sample | null): Partial<RunTestBody> {
  if (sample === null) return { records: "live" };
  if (sample.kind === "record") return { record: sample.record };
  if (sample.kind === "scenario") return { scenario: sample.id };
  return sample.kind === "event" ? { event_id: sample.id } : { event: { data: sample.data } };
}

export function sampleWord(sample: Sample | null): string {
  if (sample === null) return "all live records";
  if (sample.kind === "record") return sample.record;
  if (sample.kind === "pasted") return "pasted data";
  if (sample.kind === "scenario") return `scenario “${sample.name}”`;
  return `event ${sample.id}${sample.record === "" ? "" : ` of ${sample.record}`}`;
}

/** The record that previews and Explain look at; "" for none. */
export function recordOf(sample: Sample | null): string {
  return sample === null || !("record" in sample) ? "" : sample.record;
}

/** The data of an event from what was pasted, or the sentence that says why it is none. */
export function readPasted(text: string): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : "it can’t be read"}.`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return 'An event’s data is an object. Paste something like {"amount": 12}.';
  }
  return value as Record<string, unknown>;
}
