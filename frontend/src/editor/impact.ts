import type { RunTest } from "../api/runTypes";

/** How a draft's candidates differ from those of the live version, in numbers of records. */
export interface Impact {
  before: number | null;
  after: number;
  same: number;
  added: number;
  removed: number;
  other: number;
  /** Whether one of the two had more candidates than were compared. */
  cut: boolean;
}

/** `live` is null before the first release. */
export function impactOf(live: RunTest | null, draft: RunTest): Impact {
  const now = effects(draft);
  const was = live === null ? new Map<string, string>() : effects(live);
  const both = [...now.keys()].filter((record) => was.has(record));
  const other = both.filter((record) => was.get(record) !== now.get(record)).length;
  return {
    before: live === null ? null : live.candidates.total,
    after: draft.candidates.total,
    same: both.length - other,
    added: now.size - both.length,
    removed: was.size - both.length,
    other,
    cut: [live, draft].some((test) => test !== null && test.candidates.shown < test.candidates.total),
  };
}

/** What would be done to each record, as a text to compare. */
function effects(test: RunTest): Map<string, string> {
  return new Map(
    test.candidates.items.map((item) => [
      item.record ?? "",
      JSON.stringify(item.actions.map(({ kind, changes, preview }) => [kind, changes, preview])),
    ]),
  );
}
