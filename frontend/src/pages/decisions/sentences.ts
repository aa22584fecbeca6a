import type { Decision, Outcome } from "../../api/recordTypes";
import { dateTime } from "../../ui/format";

export const OUTCOMES: Record<Outcome, { mark: string; word: string; tone: string }> = {
  matched: { mark: "✓", word: "matched", tone: "succeeded" },
  filtered: { mark: "–", word: "filtered", tone: "skipped" },
  duplicate: { mark: "=", word: "duplicate", tone: "skipped" },
  throttled: { mark: "‖", word: "throttled", tone: "waiting" },
  out_of_scope: { mark: "○", word: "out of scope", tone: "queued" },
  no_place: { mark: "‖", word: "no place", tone: "waiting" },
  standstill: { mark: "‖", word: "waits", tone: "waiting" },
  paused: { mark: "‖", word: "paused", tone: "waiting" },
  loop: { mark: "✕", word: "loop", tone: "failed" },
  broken: { mark: "✕", word: "broken", tone: "failed" },
};

/** Why a trigger answered as it did, in a sentence. */
export function sentenceOf({ outcome, reason }: Pick<Decision, "outcome" | "reason">): string {
  const told = (name: string) => (typeof reason?.[name] === "string" ? reason[name] : "");
  if (outcome === "matched") return `The trigger’s rules hold. ${told("waits")}`.trim();
  if (outcome === "standstill") return `Not judged yet. ${told("why") || "It stands still."}`;
  if (reason === null) return "The reason quotes values that you lack the right to see (“view payloads”).";
  switch (outcome) {
    case "duplicate":
      return "A run for the same thing had started before.";
    case "throttled":
      return `The trigger’s rate was used up: ${String(reason.max)} in ${spanOf(told("per"))}.`;
    case "paused":
      return pausedSentence(told("since"), told("why"));
    case "broken":
      return `The trigger can’t be judged: ${told("problem") || "it could not be compiled."}`;
    default:
      return told("why") || "The reason was not kept.";
  }
}

function pausedSentence(since: string, why: string): string {
  const when = since === "" ? "" : ` since ${dateTime(since)}`;
  return `The workflow was paused${when}${why === "" ? "." : `: ${why}`}`;
}

const UNITS = [
  ["d", "d"],
  ["h", "h"],
  ["m", "min"],
  ["s", "s"],
] as const;

/** "1 h 30 min" of "PT1H30M"; what is no such duration stays as it is. */
export function spanOf(duration: string): string {
  const found =
    /^P(?:(?<w>\d+)W)?(?:(?<d>\d+)D)?(?:T(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>[\d.]+)S)?)?$/i.exec(duration);
  if (found === null) return duration;
  const groups = found.groups ?? {};
  const parts = UNITS.filter(([key]) => groups[key]).map(([key, unit]) => `${groups[key]} ${unit}`);
  if (groups.w) parts.unshift(`${Number(groups.w) * 7} d`);
  return parts.join(" ") || duration;
}
