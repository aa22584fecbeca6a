import { useCallback } from "react";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Differences } from "../pages/audit/Differences";
import { brief } from "../pages/audit/differing";
import { Ago } from "../ui/Ago";
import { ModeChip } from "../ui/chips";
import { Facts } from "../ui/Facts";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { type Column, Table } from "../ui/Table";
import { Spans } from "./Spans";
import { counted, type Diagnosis, type Finding, type Suspect } from "./types";
import "../pages/audit/audit.css";
import "./diagnosis.css";

const SEVERITY: Record<Finding["severity"], [mark: string, tone: string]> = {
  broken: ["✕", "failed"],
  warning: ["!", "waiting"],
  notice: ["–", "skipped"],
};

/** What is wrong with a workflow, or with one run of it (`?run=`): since when, what changed, whose it is, what to press. */
export default function DiagnosisPage({ id }: { id: number }) {
  const { api } = useSite();
  const [{ run = "" }] = useSearch();
  const address = /^\d{1,18}$/.test(run) ? `runs/${run}/diagnosis/` : `workflows/${id}/diagnosis/`;
  const [loaded, again] = useLoad(
    useCallback((signal: AbortSignal) => api.get<Diagnosis>(address, signal), [api, address]),
  );
  return (
    <Show loaded={loaded} again={again} rows={10}>
      {(found) => <Shown found={found} again={again} />}
    </Show>
  );
}

function Shown({ found, again }: { found: Diagnosis; again: () => void }) {
  const { workflow, run, owner, since } = found;
  return (
    <>
      <p className="trail">
        <Link to="workflows/">Workflows</Link> › <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link>
        {run !== null && (
          <>
            {" "}
            › <Link to={`runs/${run.id}/`}>Run {run.id}</Link>
          </>
        )}
      </p>
      <Heading title={`Diagnosis of ${run === null ? workflow.name : `run ${run.id}`}`}>
        <ModeChip mode={workflow.mode} />
        <button type="button" onClick={again}>
          Look again
        </button>
      </Heading>
      <p className={`headline ${found.state}`}>{found.headline}</p>
      <Facts
        facts={[
          ["Since", since.moment === null ? "–" : <Ago key="since" at={since.moment} />],
          ["First seen", since.first_run === null ? "–" : <First key="first" found={found} />],
          ["Failed since", since.runs ?? "–"],
          ["Owner", [owner.name, owner.team].filter(Boolean).join(", ") || "nobody"],
          ["Looks into it", owner.assignee ?? "nobody"],
          ["Runbook", <Runbook key="runbook" found={found} />],
        ]}
      />
      <Presses found={found} />
      <Findings found={found} />
      <section aria-labelledby="since">
        <h2 id="since">Since when</h2>
        <p>
          Before: {counted(since.before)}. Since: {counted(since.after)}.{" "}
          {since.last_success === null ? (
            "No run has succeeded yet."
          ) : (
            <>
              The last that succeeded is{" "}
              <Link to={`runs/${since.last_success.run}/`}>run {since.last_success.run}</Link> with v
              {since.last_success.version}, <Ago at={since.last_success.at} />.
            </>
          )}
        </p>
        <Spans since={since} />
      </section>
      <section aria-labelledby="changed">
        <h2 id="changed">What changed just before</h2>
        {found.changes.length === 0 ? (
          <p className="note">
            Nothing of what this workflow is and uses, in the week before: no version, policy, destination,
            secret, module or right. Look at what it calls and reads.
          </p>
        ) : (
          <Table
            label="What changed before, most suspect first"
            columns={CHANGES}
            rows={found.changes}
            keyOf={(one) => one.id}
          />
        )}
      </section>
      {found.similar.length > 0 && <Similar found={found} />}
    </>
  );
}

function First({ found: { since } }: { found: Diagnosis }) {
  return (
    <>
      <Link to={`runs/${since.first_run}/`}>run {since.first_run}</Link> with v{since.first_version}
    </>
  );
}

function Runbook({ found: { owner, workflow } }: { found: Diagnosis }) {
  if (owner.runbook_url === "") return <Link to={`workflows/${workflow.id}/settings/`}>none yet</Link>;
  return (
    <a href={owner.runbook_url} target="_blank" rel="noreferrer">
      open
    </a>
  );
}

function Presses({ found: { presses } }: { found: Diagnosis }) {
  if (presses.length === 0) return null;
  return (
    <section aria-labelledby="press">
      <h2 id="press">What to press</h2>
      <ol className="presses">
        {presses.map((one, index) => (
          <li key={`${one.code} ${one.link}`}>
            {one.link === "" || !one.may ? (
              <strong>{one.label}</strong>
            ) : (
              <Link className={`button${index === 0 ? " primary" : ""}`} to={one.link}>
                {one.label}
              </Link>
            )}
            <span>{one.why}</span>
            {one.why_not !== "" && <span className="why-not">{one.why_not}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Findings({ found: { findings, alerts } }: { found: Diagnosis }) {
  return (
    <section aria-labelledby="wrong">
      <h2 id="wrong">What is wrong</h2>
      {findings.length === 0 && <p className="note">Nothing that can be seen.</p>}
      <ul className="findings" aria-label="Findings, the worst first">
        {findings.map((one) => {
          const [mark, tone] = SEVERITY[one.severity];
          return (
            <li key={`${one.code} ${one.fingerprint} ${one.link} ${one.node}`}>
              <span className={`status status-${tone}`}>
                <span aria-hidden="true">{mark}</span> {one.severity}
              </span>
              <div>
                <p>
                  {one.sentence}{" "}
                  {one.since !== null && (
                    <>
                      Since <Ago at={one.since} />.{" "}
                    </>
                  )}
                  {one.run !== null && <Link to={`runs/${one.run}/`}>Run {one.run}</Link>}{" "}
                  {one.link !== "" && one.link !== `runs/${one.run}/` && (
                    <Link to={one.link}>Look there</Link>
                  )}
                </p>
                {one.failure !== null && <p className="note">{one.failure.what_to_do}</p>}
              </div>
            </li>
          );
        })}
      </ul>
      {alerts.map((one) => (
        <p key={one.id}>
          An alert is open: <Link to={one.link}>{one.said}</Link>, since <Ago at={one.since} />.
        </p>
      ))}
    </section>
  );
}

const CHANGES: Column<Suspect>[] = [
  {
    name: "Change",
    wide: true,
    cell: (one) => (one.link === "" ? one.sentence : <Link to={one.link}>{one.sentence}</Link>),
  },
  { name: "Why it is suspect", wide: true, cell: (one) => one.why },
  {
    name: "Before and after",
    wide: true,
    cell: (one) =>
      one.told ? <Differences before={brief(one.before)} after={brief(one.after)} /> : "hidden",
  },
  { name: "When", number: true, cell: (one) => <Ago at={one.at} /> },
];

function Similar({ found: { similar } }: { found: Diagnosis }) {
  return (
    <section aria-labelledby="similar">
      <h2 id="similar">The same elsewhere</h2>
      <Table
        label="The same cause in other workflows"
        columns={[
          { name: "Workflow", cell: (one) => <Link to={one.link}>{one.workflow.name}</Link> },
          { name: "Runs", number: true, cell: (one) => one.total },
          {
            name: "Open",
            number: true,
            cell: (one) => <Link to={`dead-letters/${one.fingerprint}/`}>{one.open}</Link>,
          },
          { name: "Last seen", number: true, cell: (one) => <Ago at={one.last_seen_at} /> },
        ]}
        rows={similar}
        keyOf={(one) => `${one.workflow.id} ${one.fingerprint}`}
      />
    </section>
  );
}
