import { type KeyboardEvent, useRef } from "react";
import { query } from "../api/client";
import type { Approval } from "../api/types";
import { useSearch } from "../app/router";
import { mergeNewest, usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { Choice, Filters } from "../ui/Filters";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { Paged } from "../ui/Pager";
import "./approvals.css";
import { reachSentence } from "./Reach";
import { ChangeText, STATES, StateChip } from "./words";

/** What waits for people: those questions first that ask the reader. */
export default function ApprovalsPage() {
  const [search] = useSearch();
  const state = search.state ?? "pending";
  const everybody = search.whose === "all";
  const pages = usePages<Approval>(
    `approvals/${query({ state: state === "any" ? "" : state, mine: everybody ? "" : "true" })}`,
    mergeNewest,
  );
  return (
    <>
      <Heading title="Approvals" />
      <Filters>
        <Choice label="Whose" name="whose" any="Mine to decide" options={[["all", "Everybody’s"]]} />
        <Choice
          label="State"
          name="state"
          any="Waiting"
          options={[
            ...STATES.filter(([name]) => name !== "pending").map(([name, word]) => [name, word] as const),
            ["any", "Any"],
          ]}
        />
      </Filters>
      <Paged pages={pages} what="approvals" empty={<Nothing waiting={state === "pending" && !everybody} />}>
        {(approvals, stale) => <Inbox approvals={approvals} stale={stale} />}
      </Paged>
    </>
  );
}

function Nothing({ waiting }: { waiting: boolean }) {
  return (
    <div className="note empty">
      <p>{waiting ? "Nothing waits for you." : "There is no such approval."}</p>
      <p>
        When a workflow comes to an approval that names you or a group of yours, the question stands here,
        with every change that would follow.
      </p>
    </div>
  );
}

/** Rows say what will change, not what a step is called. J and K, or the arrows, go from row to row. */
function Inbox({ approvals, stale }: { approvals: Approval[]; stale: boolean }) {
  const list = useRef<HTMLUListElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...(list.current?.querySelectorAll<HTMLElement>("h2 a") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
    event.preventDefault();
  };
  return (
    <ul ref={list} className="plain inbox" aria-label="Approvals" aria-busy={stale} onKeyDown={onKeyDown}>
      {approvals.map((approval) => (
        <li key={approval.id} className="tile">
          <h2>
            <Link to={`approvals/${approval.id}/`}>{approval.title}</Link>
          </h2>
          <Summary approval={approval} />
          <p className="note">
            {approval.state !== "pending" && <StateChip state={approval.state} />}
            {approval.workflow.name}
            {approval.record !== "" && ` · ${approval.record}`}
            {approval.requester !== null && ` · started by ${approval.requester}`}
            {" · asked "}
            <Ago at={approval.asked_at} />
            {approval.expires_at !== null && approval.state === "pending" && (
              <>
                {" · due "}
                <Ago at={approval.expires_at} />
              </>
            )}
            {approval.round > 1 && " · asked anew, because something had changed"}
          </p>
        </li>
      ))}
    </ul>
  );
}

function Summary({ approval: { summary, reach } }: { approval: Approval }) {
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
