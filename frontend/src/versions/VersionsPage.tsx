import { useCallback, useState } from "react";
import type { Version, WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { wordsOf } from "../editor/summary";
import { kindsOf } from "../editor/world";
import { ModeChip } from "../ui/chips";
import { dateTime } from "../ui/format";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { WorkflowHead } from "../ui/WorkflowHead";
import { Comparison } from "./Comparison";
import { ImportDialog } from "./ImportDialog";
import { ReasonDialog } from "./ReasonDialog";
import { RunsOfLive } from "./RunsOfLive";
import "./versions.css";

type Verb = "demote" | "rollback";

const WORDS: Record<Verb, { title: string; text: string; button: string }> = {
  demote: {
    title: "Back to simulate",
    text: "The live version goes on judging events and no longer acts.",
    button: "Simulate only",
  },
  rollback: {
    title: "Roll back",
    text: "The earlier version becomes the live one. Runs in flight stay on theirs, and what was done is not undone.",
    button: "Roll back",
  },
};

/** What is live, what was before, how they differ, and which of them acts. */
export default function VersionsPage({ id }: { id: number }) {
  const { api, home } = useSite();
  const [importing, setImporting] = useState(false);
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [workflow, versions, catalog] = await Promise.all([
        api.workflow(id, signal),
        api.versions(id, signal),
        api.catalog(signal),
      ]);
      return { workflow, versions: versions.results, kinds: kindsOf(catalog), words: wordsOf(catalog, null) };
    },
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  const files = `${home}api/v1/workflows/${id}/export/`;
  const [asked, setAsked] = useState<{ verb: Verb; number: number } | null>(null);
  const [search, setSearch] = useSearch();

  const act = async (reason: string) => {
    if (asked === null) return;
    const body = asked.verb === "rollback" ? { version: asked.number, reason } : { reason };
    await api.act(id, asked.verb, body);
    setAsked(null);
    again();
  };
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="versions" what="Versions of" />
      <Show loaded={loaded} again={again}>
        {({ workflow, versions, kinds, words }) => {
          const may = (right: string) => workflow.rights.includes(right);
          const live = workflow.active_version;
          return (
            <>
              <p className="actions">
                {live === null ? <span className="chip">Draft</span> : <ModeChip mode={workflow.mode} />}
                {workflow.glass_broken && <span className="chip glass-chip">⚠ acts past the gate</span>}
                {live !== null && workflow.mode === "simulate" && (
                  <Link className="button" to={`workflows/${id}/promote/`}>
                    Promote to execute…
                  </Link>
                )}
                {live !== null && workflow.mode === "execute" && may("promote") && (
                  <button type="button" onClick={() => setAsked({ verb: "demote", number: live })}>
                    Back to simulate…
                  </button>
                )}
              </p>
              {versions.length === 0 ? (
                <p className="note">
                  Nothing was published yet. The editor’s Publish makes the first version.
                </p>
              ) : (
                <ol className="versions">
                  {versions.map((version, index) => (
                    <li key={version.number}>
                      <strong>Version {version.number}</strong>
                      {version.number === live && <span className="chip live-live">live</span>}
                      <span className="note">
                        {dateTime(version.published_at)} by {version.published_by ?? "nobody"}
                      </span>
                      {version.note !== "" && <span className="versions-note">“{version.note}”</span>}
                      {version.policies.map(
                        (policy) =>
                          policy.newer !== null && (
                            <span key={policy.key} className="note">
                              keeps revision {policy.revision} of{" "}
                              <Link to={`conditions/${policy.key}/`}>{policy.key}</Link>; newer revision{" "}
                              {policy.newer} is available
                            </span>
                          ),
                      )}
                      {version.workflows.map((started) => (
                        <span key={started.key} className="note">
                          starts “{started.key}” at version {started.version}
                          {started.newer !== null &&
                            `; newer version ${started.newer} is available, publishing anew takes it up`}
                        </span>
                      ))}
                      {version.outside.map((thing) => (
                        <span key={`${thing.kind}.${thing.key}`} className="note">
                          {thing.sentence === ""
                            ? `calls the ${thing.kind} “${thing.key}”, unchanged since`
                            : `${thing.lasting ? "⚠ " : ""}${thing.sentence}`}
                        </span>
                      ))}
                      {version.started_by.map((caller) => (
                        <span key={caller.id} className="note">
                          started by version {caller.version} of{" "}
                          <Link to={`workflows/${caller.id}/versions/`}>{caller.name}</Link>
                        </span>
                      ))}
                      <span className="versions-tools">
                        <a className="button quiet" href={`${files}?version=${version.number}`} download>
                          Export {version.number}
                        </a>
                        {index < versions.length - 1 && (
                          <button
                            type="button"
                            onClick={() =>
                              setSearch({
                                from: String(versions[index + 1]?.number ?? ""),
                                to: String(version.number),
                              })
                            }
                          >
                            What changed
                          </button>
                        )}
                        {version.number !== live && may("rollback") && (
                          <button
                            type="button"
                            onClick={() => setAsked({ verb: "rollback", number: version.number })}
                          >
                            Roll back to {version.number}…
                          </button>
                        )}
                      </span>
                    </li>
                  ))}
                </ol>
              )}
              <section aria-labelledby="files">
                <h2 id="files">As a file</h2>
                <p className="note">
                  YAML that people read and git compares; it comes back to the same digest.
                </p>
                <p className="actions">
                  <a className="button" href={files} download>
                    Export the draft
                  </a>
                  {may("edit") && (
                    <button type="button" onClick={() => setImporting(true)}>
                      Import…
                    </button>
                  )}
                </p>
              </section>
              {versions.length > 0 && (
                <Comparison
                  id={id}
                  versions={versions}
                  from={search.from ?? ""}
                  to={search.to ?? ""}
                  onChoose={setSearch}
                  kinds={kinds}
                  words={words}
                />
              )}
            </>
          );
        }}
      </Show>
      {importing && <ImportDialog workflow={id} onDone={again} onClose={() => setImporting(false)} />}
      {asked !== null && (
        <ReasonDialog
          {...WORDS[asked.verb]}
          required={asked.verb === "rollback"}
          onDone={act}
          onClose={() => setAsked(null)}
        >
          {asked.verb === "rollback" && loaded.state === "ready" && (
            <p>
              {loaded.value.workflow.mode === "simulate"
                ? `The workflow stays in simulate: version ${asked.number} only simulates, too, until it is promoted.`
                : `The workflow stays in execute: version ${asked.number} acts from then on.`}
            </p>
          )}
          {asked.verb === "rollback" && <RunsOfLive id={id} />}
          {asked.verb === "rollback" && loaded.state === "ready" && <StillStarted {...loaded.value} />}
        </ReasonDialog>
      )}
    </>
  );
}

/** Who goes on starting the version that is left: a pin holds until its workflow is published anew. */
function StillStarted({ workflow, versions }: { workflow: WorkflowDetail; versions: Version[] }) {
  const left = versions.find((version) => version.number === workflow.active_version);
  if (left === undefined || left.started_by.length === 0) return null;
  return (
    <p className="note">
      {left.started_by.map((caller) => `“${caller.name}”`).join(", ")}{" "}
      {left.started_by.length === 1 ? "starts" : "start"} version {left.number} and will go on to do so:
      publish
      {left.started_by.length === 1 ? " it" : " them"} anew, or pause this workflow.
    </p>
  );
}
