import { useCallback, useEffect, useState } from "react";
import type { EventDetail } from "../api/recordTypes";
import type { Run, RunDetail } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { dateTime } from "../ui/format";
import { JsonTree } from "../ui/JsonTree";
import { LargeValue } from "../ui/LargeValue";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import type { StepRow } from "./rows";
import { Changes, StepOutput } from "./StepDetails";

const HIDDEN = "You may not see payloads of this workflow. Its owner can give you the right “view payloads”.";

interface Shown {
  run: Run;
  detail: RunDetail;
  rows: StepRow[];
  step: string;
  select: (node: string) => void;
}

/** What went in and what came out: the event, the variables, and each step's output. */
export function RunData({ run, detail, rows, step, select }: Shown) {
  const readable = detail.input !== null;
  const shown = rows.filter(
    ({ step }) => step !== null && (step.output !== null || step.large || step.changes.length > 0),
  );
  // A step that was selected in another view is looked for here; one that is clicked here stays where it is.
  const [first] = useState(step);
  useEffect(() => {
    document.getElementById(`data-${first}`)?.scrollIntoView({ block: "nearest" });
  }, [first]);
  return (
    <div className="data">
      <section aria-labelledby="data-event">
        <h2 id="data-event">Event</h2>
        {detail.event === null ? (
          <p className="note">No event began this run.</p>
        ) : (
          <Event id={detail.event} />
        )}
      </section>
      <section aria-labelledby="data-variables">
        <h2 id="data-variables">Variables</h2>
        {detail.input === null ? (
          <p className="note">{HIDDEN}</p>
        ) : Object.keys(detail.input).length === 0 ? (
          <p className="note">The run started with none.</p>
        ) : (
          <JsonTree value={detail.input} path="variables" label="Variables" />
        )}
      </section>
      {run.outcome && Object.keys(run.outcome).length > 0 && (
        <section aria-labelledby="data-outcome">
          <h2 id="data-outcome">Outcome</h2>
          <JsonTree value={run.outcome} path="outcome" label="Outcome" />
        </section>
      )}
      <section aria-labelledby="data-steps">
        <h2 id="data-steps">Steps</h2>
        {!readable && <p className="note">{HIDDEN}</p>}
        {readable && shown.length === 0 && (
          <p className="note">
            {run.finished_at === null ? "No step has given anything yet." : "No step gave anything."}
          </p>
        )}
        {shown.map((row) => (
          <article
            key={row.node}
            id={`data-${row.node}`}
            aria-labelledby={`data-name-${row.node}`}
            className={row.node === step ? "selected" : ""}
          >
            <h3 id={`data-name-${row.node}`}>
              <button type="button" aria-pressed={row.node === step} onClick={() => select(row.node)}>
                {row.title}
              </button>{" "}
              <span className="note">{row.kind}</span>
            </h3>
            {row.step !== null && row.step.changes.length > 0 && <Changes changes={row.step.changes} />}
            <StepOutput row={row} run={run.id} />
          </article>
        ))}
      </section>
    </div>
  );
}

function Event({ id }: { id: number }) {
  const { api } = useSite();
  const [event, again] = useLoad(
    useCallback((signal) => api.get<EventDetail>(`events/${id}/`, signal), [api, id]),
  );
  return (
    <Show loaded={event} again={again}>
      {(told) => (
        <>
          <p className="note">
            <Link to={`events/${told.id}/`}>Event {told.id}</Link>: {told.type}, {dateTime(told.occurred_at)}
            {told.actor !== null && `, by ${told.actor}`}
            {told.cause_run !== null && (
              <>
                , written by <Link to={`runs/${told.cause_run}/`}>run {told.cause_run}</Link>
              </>
            )}
          </p>
          {told.large ? (
            <LargeValue
              large={told.large}
              address={`events/${told.id}/snapshot/`}
              path="event"
              label="Event"
            />
          ) : told.snapshot === null ? (
            <p className="note">You may not see its record, so what rules saw of it is not shown.</p>
          ) : (
            <JsonTree value={told.snapshot} path="event" label="Event" />
          )}
        </>
      )}
    </Show>
  );
}
