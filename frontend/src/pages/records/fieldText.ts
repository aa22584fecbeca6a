/** Values of typed fields as text in inputs, and back as the API takes them. */

import type { Field, Module, Values } from "../../api/recordTypes";

export type Texts = Record<string, string>;

export function textOf(field: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (field.type === "list" && Array.isArray(value)) return value.join(", ");
  if (field.type === "json") return JSON.stringify(value);
  if (field.type === "datetime") return localMinute(new Date(String(value)));
  return String(value);
}

/** What a text says; null for an empty one. Raises SyntaxError where it is to be JSON and is not. */
export function parsedText(field: Field, text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return field.type === "list" ? [] : null;
  switch (field.type) {
    case "boolean":
      return trimmed === "true";
    case "list":
      return trimmed
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    case "json":
      return JSON.parse(trimmed);
    case "datetime":
      return momentOf(trimmed);
    default:
      return trimmed;
  }
}

/** What an input of the reader's own zone says, as a moment; what is none is left for the server to refuse. */
export function momentOf(local: string): string {
  const moment = new Date(local);
  return Number.isNaN(moment.getTime()) ? local : moment.toISOString();
}

/** "2026-03-29T14:30" in the reader's zone, as inputs want it. */
export function localMinute(moment: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${date}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

export function textsOf(fields: Field[], values: Values): Texts {
  return Object.fromEntries(fields.map((field) => [field.key, textOf(field, values[field.key])]));
}

export interface Read {
  values: Values;
  /** Sentences by field. */
  problems: Texts;
}

/** The values of the fields whose text is not as it was. */
export function changedValues(fields: Field[], before: Texts, texts: Texts): Read {
  const read: Read = { values: {}, problems: {} };
  for (const field of fields) {
    const text = texts[field.key] ?? "";
    if (text === (before[field.key] ?? "")) continue;
    try {
      read.values[field.key] = parsedText(field, text);
    } catch {
      read.problems[field.key] = "This is no JSON. Texts stand in double quotes.";
    }
  }
  return read;
}

/** Texts over a newer state: what was typed stays, the rest is as it is now. */
export function rebased(before: Texts, now: Texts, texts: Texts): Texts {
  const kept = Object.entries(texts).filter(([key, text]) => text !== before[key]);
  return { ...now, ...Object.fromEntries(kept) };
}

/** What may be chosen in a field; of a status only what it may become. */
export function choicesOf(module: Module, field: Field, current?: unknown): string[] {
  const all = field.choices ?? [];
  const moves = typeof current === "string" ? module.transitions[current] : undefined;
  if (field.key !== module.status_field || typeof current !== "string") return all;
  if (Object.keys(module.transitions).length === 0) return all;
  return all.filter((choice) => choice === current || moves?.includes(choice));
}
