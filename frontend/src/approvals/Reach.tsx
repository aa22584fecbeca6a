import type { ApprovalReach } from "../api/approvalTypes";
import { shown } from "../ui/format";
import { Link, recordTo } from "../ui/Link";

const BOUNDS: Record<ApprovalReach["bound"], (reach: ApprovalReach) => string> = {
  firing: ({ cap }) => `at once; ${cap} are allowed`,
  children: ({ cap }) => `at once; ${cap} are allowed`,
  share: ({ cap, population }) =>
    `of ${String(population)} records at once; ${cap} % of those that the trigger is about are allowed`,
  hour: ({ cap }) => `beyond the ${cap} that are allowed an hour`,
};

/** "240 runs at once; 100 are allowed" */
export function reachSentence(reach: ApprovalReach): string {
  return `${reach.count} ${reach.count === 1 ? "run" : "runs"} ${BOUNDS[reach.bound](reach)}`;
}

/** What would start if you agree: the figures, and the records or items that it is about. */
export function Reach({ reach }: { reach: ApprovalReach }) {
  const listed = reach.records.length + reach.items.length;
  const more = reach.count - listed;
  return (
    <>
      <p>
        <strong>{reachSentence(reach)}.</strong>
      </p>
      {listed > 0 && (
        <ul className="reach" aria-label="What they are about">
          {reach.records.map(({ module, record }) => (
            <li key={`${module} ${record}`}>
              {module === null || record === "" ? (
                "no record"
              ) : (
                <Link to={recordTo(module, record)}>{record}</Link>
              )}
            </li>
          ))}
          {reach.items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: items may be equal, and never move.
            <li key={index}>{shown(item)}</li>
          ))}
        </ul>
      )}
      {more > 0 && <p className="note">and {more} more.</p>}
      <p className="note">
        If you agree, all of them start. If you reject it, or nobody answers in time, none of them does.
      </p>
    </>
  );
}
