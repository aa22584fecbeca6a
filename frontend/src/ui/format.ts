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
  return length((to === null ? now : Date.parse(to)) - Date.parse(from));
}

/** As `duration`, of a number of seconds. */
export function seconds(count: number): string {
  return length(count * 1000);
}

function length(between: number): string {
  const ms = Math.max(0, between);
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

/** A value of a field in one line; "–" for none. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const FAR_DAYS = 30;

/** "just now", "4 min ago", "in 3 h", and the date itself when it is far. */
export function ago(moment: string, now: number): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  const [count, unit] = largestUnit(Math.abs(seconds));
  if (count === 0) return "just now";
  if (unit === "d" && count > FAR_DAYS) return DAY.format(new Date(moment));
  return seconds > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

function largestUnit(seconds: number): [number, string] {
  if (seconds < 3600) return [Math.floor(seconds / 60), "min"];
  if (seconds < 86_400) return [Math.floor(seconds / 3600), "h"];
  return [Math.floor(seconds / 86_400), "d"];
}

/** "20 Nov 2026" of "2026-11-20", whatever the reader's zone. */
export function day(date: string): string {
  return DAY.format(new Date(`${date}T00:00`));
}

/** The size of a value: "32.0 kB", "1.2 MB". */
export function bytes(count: number): string {
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** A count with its thousands apart: "1 242". */
export function number(count: number): string {
  return count.toLocaleString("en-US").replaceAll(",", "\u202f");
}
