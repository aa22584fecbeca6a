import { dateTime } from "../ui/format";
import type { Standstill } from "./types";

export function isHolding(one: Standstill): boolean {
  return Date.parse(one.starts_at) <= Date.now();
}

/** "from … to …" */
export function spanOf(one: Pick<Standstill, "starts_at" | "ends_at">): string {
  const end = one.ends_at === null ? "until somebody lets it go on" : `to ${dateTime(one.ends_at)}`;
  return `from ${dateTime(one.starts_at)} ${end}`;
}

/** A subject within a sentence: "the team support", "everything", "“Route tickets”". */
export function lowered(subject: string): string {
  return subject.charAt(0).toLowerCase() + subject.slice(1);
}
