import type { Approval } from "../api/approvalTypes";
import { reachSentence } from "./Reach";
import { ChangeText } from "./words";

/** What will change, in a line. */
export function Summary({ approval: { summary, reach } }: { approval: Approval }) {
  if (reach !== null) return <p>{reachSentence(reach)}.</p>;
  if (summary === null) return <p className="note">You may not see what would follow.</p>;
  const { changes, more, records } = summary;
  if (changes.length === 0) return <p>Changes no record.</p>;
  return (
    <p>
      {changes.map((change) => (
        <ChangeText key={`${change.record} ${change.field}`} change={change} />
      ))}
      {more > 0 && `and ${more} more · `}
      {records === 1 ? "1 record" : `${records} records`}
    </p>
  );
}
