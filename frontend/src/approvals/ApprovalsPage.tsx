import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import type { Approval } from "../api/approvalTypes";
import { query } from "../api/client";
import { readPreferences } from "../app/preferences";
import { useSearch } from "../app/router";
import { mergeNewest, usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { Choice, Filters } from "../ui/Filters";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { Paged } from "../ui/Pager";
import "./approvals.css";
import { Bulk } from "./Bulk";
import { LastDecisions } from "./LastDecisions";
import { Summary } from "./Summary";
import { STATES, StateChip } from "./words";

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
        {(approvals, stale) => (
          <Inbox
            approvals={approvals}
            stale={stale}
            mine={state === "pending" && !everybody}
            again={pages.again}
          />
        )}
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
      {waiting && <LastDecisions />}
    </div>
  );
}

interface Listed {
  approvals: Approval[];
  stale: boolean;
  /** Whether all of these are the reader's to decide. */
  mine: boolean;
  again: () => void;
}

/** Rows say what will change, not what a step is called. J and K, or the arrows, go from row to row; X selects one, A
 * approves and R rejects those selected, or the row itself. */
function Inbox({ approvals, stale, mine, again }: Listed) {
  const list = useRef<HTMLUListElement>(null);
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [asked, setAsked] = useState<{ verdict: "approve" | "reject"; rows: Approval[] } | null>(null);
  const chosen = approvals.filter((one) => selected.has(one.id));
  const toggle = (id: number) =>
    setSelected((known) =>
      known.has(id) ? new Set([...known].filter((one) => one !== id)) : new Set([...known, id]),
    );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(":scope > li") ?? [])];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.querySelector<HTMLElement>("h2 a")?.focus();
    } else if (mine && readPreferences().single_keys && at >= 0 && ["x", "a", "r"].includes(event.key)) {
      const row = approvals[at];
      if (row === undefined) return;
      if (event.key === "x") toggle(row.id);
      else
        setAsked({
          verdict: event.key === "a" ? "approve" : "reject",
          rows: chosen.length > 0 ? chosen : [row],
        });
    } else return;
    event.preventDefault();
  };
  return (
    <>
      {mine && (
        <div className="buttons bulk">
          <span role="status">{chosen.length === 0 ? "None selected" : `${chosen.length} selected`}</span>
          {(["approve", "reject"] as const).map((verdict) => (
            <button
              key={verdict}
              type="button"
              disabled={chosen.length === 0}
              onClick={() => setAsked({ verdict, rows: chosen })}
            >
              {verdict === "approve" ? "Approve selected…" : "Reject selected…"}
            </button>
          ))}
          <span className="note">Keys: J K to move, X to select, A to approve, R to reject</span>
        </div>
      )}
      <ul ref={list} className="plain inbox" aria-label="Approvals" aria-busy={stale} onKeyDown={onKeyDown}>
        {approvals.map((approval) => (
          <Row
            key={approval.id}
            approval={approval}
            select={
              mine && (
                <input
                  type="checkbox"
                  aria-label={`Select ${approval.title}`}
                  checked={selected.has(approval.id)}
                  onChange={() => toggle(approval.id)}
                />
              )
            }
          />
        ))}
      </ul>
      {asked !== null && (
        <Bulk
          approvals={asked.rows}
          verdict={asked.verdict}
          onDone={() => {
            setSelected(new Set());
            again();
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

function Row({ approval, select }: { approval: Approval; select: ReactNode }) {
  return (
    <li className="tile">
      <h2>
        {select} <Link to={`approvals/${approval.id}/`}>{approval.title}</Link>
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
  );
}
