import { ApiError } from "../api/client";

/** Counting looks at a window of 92 days, starting takes up to 10,000 slots and events. */
export const PATIENCE_MS = 60_000;

/** Why it was refused: what is wrong with each part of what was asked, or with the whole. */
export function sentencesOf(error: unknown): string[] {
  if (!(error instanceof ApiError)) return ["That could not be done. Try again."];
  if (error.problems.length === 0) return [error.message];
  return error.problems.map((one) => `${one.message} ${one.hint}`);
}
