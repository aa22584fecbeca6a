import { dateTime } from "../ui/format";
import type { Span, Standstill } from "./types";

/** "from … to …" */
export function spanWords({ since, until }: Span): string {
  const end = until === null ? "until somebody lets it go on" : `to ${dateTime(until)}`;
  return `from ${dateTime(since)} ${end}`;
}

/** When it holds, and when next. */
export function whenWords({ comes_again, holding, coming }: Standstill): string {
  const next = coming === null ? "" : spanWords(coming);
  if (comes_again === "") return holding === null ? next : spanWords(holding);
  const now = holding === null ? "" : `; this time ${spanWords(holding)}`;
  return `${comes_again}${now}${next === "" ? "; it doesn’t come again" : `; next ${next}`}`;
}

/** A subject within a sentence: "the team support", "everything", "“Route tickets”". */
export function lowered(subject: string): string {
  return subject.charAt(0).toLowerCase() + subject.slice(1);
}
