import { useCallback } from "react";
import type { EventDetail } from "../api/recordTypes";
import type { LogEntry, RunDetail, Step } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { RecordLink } from "../pages/runs/RunList";
import { Calls, CameBy } from "../run/Related";
import { Ago } from "../ui/Ago";
import { Facts } from "../ui/Facts";
import { clock } from "../ui/format";
import { LargeValue } from "../ui/LargeValue";
import { Link } from "../ui/Link";
import { Show } from "../ui/Page";
import { Tree } from "../ui/Tree";
import type { Letter } from "./types";

interface Whole {
  run: RunDetail;
  event: EventDetail | null;
  /** Of the step that is to blame. */
  step: Step | null;
  lines: LogEntry[];
}

/** Lines of its step that are shown, the newest. */
const LINES = 12;

/** The newest letter with all that it knew: the event, what the run started with, every attempt, and what to do. */
export function SampleLetter({ letter }: { letter: Letter }) {
  const { api } = useSite();
  const { run, event, node } = letter;
  const load = useCallback(
    async (signal: AbortSignal): Promise<Whole> => {
      const [whole, steps, lines, cameIn] = await Promise.all([
        api.get<RunDetail>(`runs/${run}/`, signal),
        api.steps(run),
        api.logs(run, 0),
        // Who sees the run need not see the event.
        event === null ? null : api.event(event, signal).catch(() => null),
      ]);
      const all = Array.isArray(steps) ? steps : steps.results;
      return {
        run: whole,
        event: cameIn,
        step: all.find((one) => one.node === node) ?? null,
        lines: lines.results.filter((one) => one.node === node).slice(-LINES),
      };
    },
    [api, run, event, node],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section aria-labelledby="sample">
      <h2 id="sample">The newest letter, whole</h2>
      <Show loaded={loaded} again={again} rows={6}>
        {(whole) => (
          <div className="tile letter">
            <p>
              <strong>{letter.message}</strong> {letter.failure.what_to_do}
            </p>
            <Facts
              facts={[
                ["Run", <Link key="run" to={`runs/${run}/`}>{`${run}`}</Link>],
                ["Record", <RecordLink key="record" module={letter.module} record={letter.record} />],
                ["Version", `v${letter.version}`],
                ["Step", node === "" ? "none" : node],
                ["Attempts", letter.attempts],
                ["Gave up", <Ago key="at" at={letter.created_at} />],
              ]}
            />
            <h3>What started it</h3>
            <Started whole={whole} event={event} />
            <h3>What it started with</h3>
            {whole.run.input === null ? (
              <p className="note">To see it takes the right “view payloads” on the workflow.</p>
            ) : (
              <Tree value={whole.run.input} />
            )}
            <h3>What was tried</h3>
            <Tried whole={whole} />
          </div>
        )}
      </Show>
    </section>
  );
}

function Started({ whole, event }: { whole: Whole; event: number | null }) {
  const shown = whole.event;
  if (event === null) return <p className="note">No event: somebody, or another run, has started it.</p>;
  return (
    <>
      <p>
        <Link to={`events/${event}/`}>Event {event}</Link>
        {shown !== null && (
          <>
            , {shown.type}, <Ago at={shown.occurred_at} />
          </>
        )}
        <CameBy related={whole.run.related} />
      </p>
      {shown?.large ? (
        <LargeValue
          large={shown.large}
          address={`events/${event}/snapshot/`}
          path="event"
          label="What rules saw"
        />
      ) : shown?.snapshot ? (
        <Tree value={shown.snapshot} />
      ) : (
        <p className="note">What it held is shown to who may see its record.</p>
      )}
    </>
  );
}

function Tried({ whole: { run, step, lines } }: { whole: Whole }) {
  if (step === null) return <p className="note">No step is to blame: it gave up as a whole.</p>;
  return (
    <>
      <p>
        {step.attempt === 1 ? "Once" : `${step.attempt} times`}.
        <Calls related={run.related.filter((one) => one.node === step.node)} />
      </p>
      <ol className="plain letter-lines">
        {lines.map((one) => (
          <li key={one.seq}>
            <Link to={`runs/${run.id}/#L${one.seq}`}>{clock(one.at)}</Link> {one.message}
          </li>
        ))}
      </ol>
    </>
  );
}
