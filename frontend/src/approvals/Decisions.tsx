import type { ApprovalDecision, ApprovalDetail } from "../api/approvalTypes";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { StateChip } from "./words";

/** Who has said what, who can still say something, and how like questions were answered. */
export function Decisions({ approval }: { approval: ApprovalDetail }) {
  const { decisions, quorum, deciders, alike, state } = approval;
  const agreed = decisions.filter((one) => one.verdict === "approve").length;
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      <p>
        {agreed} of {quorum} {quorum === 1 ? "agreement" : "agreements"} needed.{" "}
        {state === "pending" &&
          (deciders.length > 0
            ? `Can still decide: ${deciders.join(", ")}.`
            : "Nobody is left who could decide.")}
      </p>
      {decisions.length > 0 && (
        <ul className="plain">
          {decisions.map((decision) => (
            <li key={decision.person}>
              <Said decision={decision} /> <Ago at={decision.at} />
            </li>
          ))}
        </ul>
      )}
      {alike.length > 0 && (
        <>
          <h3>The last answers to this question</h3>
          <ul className="plain">
            {alike.map((one) => (
              <li key={one.id}>
                <StateChip state={one.state} /> <Link to={`approvals/${one.id}/`}>{one.title}</Link>{" "}
                {one.decisions.map((decision) => decision.person).join(", ")} <Ago at={one.ended_at} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Said({ decision: { person, verdict, reason } }: { decision: ApprovalDecision }) {
  return (
    <>
      <strong>{person}</strong> {verdict === "approve" ? "agreed" : "rejected it"}
      {reason !== "" && `: “${reason}”`}
    </>
  );
}
