import { type ReactNode, useCallback, useId } from "react";
import type { Overview, Run } from "../api/runTypes";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { percent } from "../ui/shares";
import { FirstSteps } from "./FirstSteps";
import { useNotifications } from "./notifications/context";
import { NotificationList } from "./notifications/NotificationList";
import "./home.css";

/** Of what waits; the bell lists all. */
const SHOWN = 4;

export function HomePage() {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => api.overview(signal), [api]);
  const [loaded, again] = useLoad(load);
  const { unread } = useNotifications();
  return (
    <>
      <Heading
        title="Home"
        count={(unread?.length ?? 0) + (loaded.state === "ready" ? waiting(loaded.value) : 0)}
      />
      <div className="with-first-steps">
        <div className="cards">
          <Card title="Waiting for you">
            {loaded.state === "ready" && <InDoubt runs={loaded.value.needs_review} />}
            <NotificationList atMost={SHOWN} />
          </Card>
          <Card title="Failing now">
            <Show loaded={loaded} again={again} rows={2}>
              {({ failing }) => <Failing runs={failing} />}
            </Show>
          </Card>
          <Card title="Dead letters">
            <Show loaded={loaded} again={again} rows={2}>
              {({ dead_letters }) => <Stuck letters={dead_letters} />}
            </Show>
          </Card>
          <Card title="Running or waiting now">
            <Show loaded={loaded} again={again} rows={2}>
              {({ active }) => (
                <Counts counts={ACTIVE.map(([status, word]) => [status, word, active[status]])} />
              )}
            </Show>
          </Card>
          <Card title="Last 7 days">
            <Show loaded={loaded} again={again} rows={2}>
              {({ week }) => <Week week={week} />}
            </Show>
          </Card>
        </div>
        <FirstSteps />
      </div>
    </>
  );
}

const ACTIVE = [
  ["running", "running"],
  ["waiting", "waiting"],
  ["queued", "queued"],
] as const;

/** What the cards count beside the notifications. */
function waiting({ failing, dead_letters, needs_review }: Overview): number {
  return failing.length + dead_letters + needs_review;
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className="tile" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** Runs that go on when somebody has said whether a call of theirs happened. */
function InDoubt({ runs }: { runs: number }) {
  if (runs === 0) return null;
  return (
    <p>
      <Link to="runs/?review=needs">{runs === 1 ? "1 run needs review" : `${runs} runs need review`}</Link>:
      did a call happen?
    </p>
  );
}

function Failing({ runs }: { runs: Run[] }) {
  if (runs.length === 0) return <p className="note">No workflow’s last run failed.</p>;
  return (
    <ul className="plain">
      {runs.map((run) => (
        <li key={run.id}>
          <Link to={`workflows/${run.workflow.id}/`}>{run.workflow.name}</Link>
          <span className="error">{run.failure.message ?? "The run failed."}</span>
          <Link to={`runs/${run.id}/`}>Run {run.id}</Link> <Ago at={run.finished_at} /> ·{" "}
          <Link to={`diagnosis/${run.workflow.id}/`}>
            Diagnosis<span className="visually-hidden"> of {run.workflow.name}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Runs that gave up and wait for somebody to redrive or discard them. */
function Stuck({ letters }: { letters: number }) {
  if (letters === 0) return <p className="note">No work is stuck.</p>;
  return (
    <ul className="counts">
      <li>
        <Link to="dead-letters/">
          <strong>{letters}</strong> open
        </Link>
      </li>
    </ul>
  );
}

type Count = readonly [status: string, word: string, count: number];

function Counts({ counts }: { counts: Count[] }) {
  return (
    <ul className="counts">
      {counts.map(([status, word, count]) => (
        <li key={status}>
          <Link to={`runs/?status=${status}`}>
            <strong>{count}</strong> {word}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Week({ week }: { week: Overview["week"] }) {
  const runs = Object.values(week).reduce((sum, count) => sum + count, 0);
  if (runs === 0) return <p className="note">Nothing has run in the last seven days.</p>;
  return (
    <>
      <Counts
        counts={[
          ["", runs === 1 ? "run" : "runs", runs],
          ["succeeded", "succeeded", week.succeeded],
          ["failed", "failed", week.failed],
        ]}
      />
      <p className="note">{percent(week.succeeded, week.succeeded + week.failed)} of what ended succeeded.</p>
      <p>
        <Link to="reviews/">Weekly reviews</Link>
      </p>
    </>
  );
}
