/** How the figures of a review are written, and what became of them since the week before. */

import { number, seconds } from "../../ui/format";
import type { Totals } from "./types";

/** "98.2 %"; never rounded up to 100 %. */
export function rate(share: number | null): string {
  if (share === null) return "–";
  const tenths = Math.floor(share * 10) / 10;
  return `${tenths % 1 === 0 ? tenths.toFixed(0) : tenths.toFixed(1)} %`;
}

export function took(count: number | null): string {
  return count === null ? "–" : seconds(count);
}

interface Figure {
  name: string;
  now: string;
  before: string;
  /** "better", "worse", or "" when it is neither or can't be told. */
  became: "better" | "worse" | "";
  /** The page with what it counts; `runs` gives the runs that ended in the week with a status. */
  to?: (runs: (status?: string) => string) => string;
}

const PAGES: Record<string, Figure["to"]> = {
  "Runs that ended": (runs) => runs(),
  "Success rate": (runs) => runs("succeeded"),
  Failed: (runs) => runs("failed"),
  "Question to answer": () => "approvals/",
};

/** The row of figures on top of the page. `more` says which way is better; what has no better way has none. */
export function figuresOf(now: Totals, before: Totals): Figure[] {
  const one = (
    name: string,
    read: (totals: Totals) => number | null,
    write: (value: number | null) => string,
    better: "more" | "less" | "" = "",
  ): Figure => ({
    name,
    now: write(read(now)),
    before: write(read(before)),
    became: became(read(now), read(before), better),
    ...(PAGES[name] && { to: PAGES[name] }),
  });
  const count = (value: number | null) => (value === null ? "–" : number(value));
  return [
    one("Runs that ended", (totals) => totals.ended, count),
    one("Success rate", (totals) => totals.success_rate, rate, "more"),
    one("Failed", (totals) => totals.failed, count, "less"),
    one("Median duration", (totals) => totals.median, took, "less"),
    one("95 % within", (totals) => totals.p95, took, "less"),
    one("Steps by hand less", (totals) => totals.manual_steps, count, "more"),
    one(
      "Hours less",
      (totals) => totals.manual_hours,
      (value) => (value ?? 0).toFixed(1),
      "more",
    ),
    one("Question to answer", (totals) => totals.approval_time, took, "less"),
  ];
}

function became(now: number | null, before: number | null, better: "more" | "less" | ""): Figure["became"] {
  if (better === "" || now === null || before === null || now === before) return "";
  return now > before === (better === "more") ? "better" : "worse";
}
