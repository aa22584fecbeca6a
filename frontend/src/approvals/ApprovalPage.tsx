import { useCallback, useEffect, useState } from "react";
import type { ApprovalDetail } from "../api/approvalTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { Facts } from "../ui/Facts";
import { shown } from "../ui/format";
import { Link, recordTo } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import "./approvals.css";
import { Answer } from "./Answer";
import { Decisions } from "./Decisions";
import { PlanTable } from "./PlanTable";
import { Reach } from "./Reach";
import { Remarks } from "./Remarks";
import { Why } from "./Why";
import { StateChip } from "./words";

const LOOK_AGAIN_MS = 5_000;

/** One question: exactly what would follow, why it is asked, who else decides, and the answer. */
export default function ApprovalPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => api.approval(id, signal), [api, id]);
  const [loaded, again] = useLoad(load);
  if (loaded.state === "ready") return <Ready key={id} first={loaded.value} />;
  return (
    <>
      <Trail />
      <Heading title="Approval" />
      <Show loaded={loaded} again={again}>
        {() => null}
      </Show>
    </>
  );
}

function Trail() {
  return (
    <p className="trail">
      <Link to="approvals/">Approvals</Link>
    </p>
  );
}

function Ready({ first }: { first: ApprovalDetail }) {
  const { api } = useSite();
  const [approval, setApproval] = useState(first);
  const [late, setLate] = useState("");
  const waiting = approval.state === "pending";
  // Somebody else may decide, or change the record, while it is looked at.
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible") return;
      api.approval(first.id).then(setApproval, () => undefined);
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [api, first.id, waiting]);

  return (
    <>
      <Trail />
      <Heading title={approval.title}>
        <StateChip state={approval.state} />
      </Heading>
      {approval.note !== "" && <p>{approval.note}</p>}
      {approval.body !== "" && <p className="body-text">{approval.body}</p>}
      <Facts facts={factsOf(approval)} />
      <ChangedSince approval={approval} />
      <section aria-labelledby="plan">
        <h2 id="plan">{waiting ? "If you agree" : "What was asked for"}</h2>
        {approval.reach === null ? <PlanTable plan={approval.plan} /> : <Reach reach={approval.reach} />}
      </section>
      <Why approval={approval} />
      {waiting && <Answer approval={approval} onAnswered={setApproval} onLate={setLate} />}
      {late !== "" && (
        <p className="problem" role="alert">
          {late} Your answer was not taken.
        </p>
      )}
      <Remarks approval={approval} onAsked={setApproval} />
      <Decisions approval={approval} />
    </>
  );
}

function factsOf(approval: ApprovalDetail): [string, React.ReactNode][] {
  const { workflow, module, record, requester, expires_at, asked_at } = approval;
  return [
    [
      "Workflow",
      <Link key="workflow" to={`workflows/${workflow.id}/`}>
        {workflow.name}
      </Link>,
    ],
    [
      "Run",
      <Link key="run" to={`runs/${approval.run}/`}>
        {approval.run}
      </Link>,
    ],
    [
      "Record",
      module === null || record === "" ? (
        "–"
      ) : (
        <Link key="record" to={recordTo(module, record)}>
          {record}
        </Link>
      ),
    ],
    ["Started by", requester ?? "an event"],
    ["Asked", <Ago key="asked" at={asked_at} />],
    ["Due", expires_at === null ? "no limit" : <Ago key="due" at={expires_at} />],
    [
      "Blast radius",
      approval.reach !== null
        ? `${approval.reach.count} held, above ${approval.reach.cap}${approval.reach.bound === "share" ? " %" : ""}`
        : approval.summary === null
          ? "–"
          : approval.summary.records === 1
            ? "1 record"
            : `${approval.summary.records} records`,
    ],
  ];
}

function ChangedSince({ approval: { changed_since } }: { approval: ApprovalDetail }) {
  if (changed_since === null || changed_since.length === 0) return null;
  return (
    <div className="finding changed-since" role="status">
      <p>
        ⚠ Changed since it was asked:{" "}
        {changed_since.map(({ field, asked, now }) => `${field} ${shown(asked)} → ${shown(now)}`).join(", ")}.
      </p>
      <p className="note">Whatever you answer now, it is asked anew with what the record is now.</p>
    </div>
  );
}
