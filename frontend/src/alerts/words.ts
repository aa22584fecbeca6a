import type { Alert, AlertRule, KindFacts } from "./types";

/** How many of the largest unit that measures so many seconds whole: "15 minutes". */
export function spanWords(seconds: number): string {
  for (const [size, unit] of [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ] as const) {
    if (seconds >= size && seconds % size === 0) {
      const count = seconds / size;
      return `${count} ${unit}${count === 1 ? "" : "s"}`;
    }
  }
  return `${seconds} second${seconds === 1 ? "" : "s"}`;
}

/** "at 3 failed runs in 15 minutes, over at 1" */
export function boundWords(rule: AlertRule, facts: KindFacts | undefined): string {
  const unit = facts?.unit ?? "";
  const counted = rule.raise_at === 1 ? unit.replace(/s$/, "") : unit;
  const span = windowWords(facts, rule.window_seconds);
  const held = rule.hold_seconds > 0 ? `, for ${spanWords(rule.hold_seconds)}` : "";
  return `at ${rule.raise_at} ${counted}${span}${held}; over at ${rule.clear_at}`;
}

export function windowWords(facts: KindFacts | undefined, seconds: number): string {
  if (facts === undefined || facts.window === "") return "";
  return facts.window === "counted in"
    ? ` in ${spanWords(seconds)}`
    : ` ${facts.window} ${spanWords(seconds)}`;
}

/** "Unanswered for": what its window means, as the name of a field. */
export function windowLabel(facts: KindFacts | undefined): string {
  const words = facts?.window || "counted in";
  return `${words[0]?.toUpperCase()}${words.slice(1)}`;
}

export function placeWords(rule: AlertRule): string {
  if (rule.workflow !== null) return rule.workflow_name ?? "";
  if (rule.fallback) return "Workflows whose failures no other rule watches";
  return rule.team === "" ? "Everything" : `Team ${rule.team}`;
}

/** How long an alert that is over had lasted, in its largest unit, rounded. */
export function lasted(alert: Alert): string {
  if (alert.resolved_at === null) return "–";
  const minutes = Math.max(1, Math.round((Date.parse(alert.resolved_at) - Date.parse(alert.since)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}
