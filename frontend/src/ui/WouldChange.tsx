import type { RunChange } from "../api/runTypes";
import { shown } from "./format";

/** What a foreseen run would change, field by field. */
export function WouldChange({ changes }: { changes: RunChange[] }) {
  if (changes.length === 0) return "–";
  return (
    <ul className="plain">
      {changes.map((change) => (
        <li key={`${change.module}/${change.record}/${change.field}`}>
          {change.record} {change.field}: {shown(change.before)} → {shown(change.after)}
        </li>
      ))}
    </ul>
  );
}
