/** Times and durations as people read them. */

const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
});

export function dateTime(moment: string | null): string {
  return moment === null ? "–" : DATE_TIME.format(new Date(moment));
}

export function clock(moment: string): string {
  return CLOCK.format(new Date(moment));
}

/** "12 ms", "2.1 s", "3 min 5 s", "4 h 10 min", "2 d 3 h"; "–" when it hasn't begun. */
export function duration(from: string | null, to: string | null, now: number): string {
  if (from === null) return "–";
  const ms = Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from));
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (seconds < 3600) return pair(seconds, 60, "min", 1, "s");
  if (seconds < 86_400) return pair(seconds, 3600, "h", 60, "min");
  return pair(seconds, 86_400, "d", 3600, "h");
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeUnit}${rest > 0 ? ` ${rest} ${smallUnit}` : ""}`;
}

/** A run's name, the same in pages, API and terminal: its id. */
export function runName(id: number): string {
  return String(id);
}

/** A value of a field in one line; "–" for none. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
