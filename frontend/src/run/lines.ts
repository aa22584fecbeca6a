/** Which lines of a log are shown. */

import type { LogEntry } from "../api/runTypes";

export interface Filter {
  level: string;
  step: string;
  text: string;
}

export const LEVELS = ["debug", "info", "warning", "error"];
/** Lines drawn at first, and added by each “earlier lines”: a browser slows down far above it. */
export const PART = 500;

export function matchingLines(entries: LogEntry[], { level, step, text }: Filter): LogEntry[] {
  const wanted = text.trim().toLowerCase();
  return entries.filter(
    (entry) =>
      (level === "" || entry.level === level) &&
      (step === "" || entry.node === step) &&
      (wanted === "" || entry.message.toLowerCase().includes(wanted)),
  );
}

/** The newest `most` lines, and as many more as it takes to begin with line `from` (0: none). */
export function tailOf(lines: LogEntry[], most: number, from: number): LogEntry[] {
  const linked = from === 0 ? -1 : lines.findIndex((entry) => entry.seq >= from);
  const start = Math.max(0, lines.length - most);
  return lines.slice(linked === -1 ? start : Math.min(start, linked));
}
