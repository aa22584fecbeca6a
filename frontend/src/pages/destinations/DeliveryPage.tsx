import { useCallback, useEffect, useState } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Ago } from "../../ui/Ago";
import { CopyButton } from "../../ui/CopyButton";
import { Facts } from "../../ui/Facts";
import { dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Unknowns } from "../../unknowns/Unknowns";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { StateMark } from "./Deliveries";
import { type Attempt, type DeliveryDetail, tookOf } from "./types";
import "../webhooks/webhooks.css";

const REFRESH_MS = 3_000;

/** One delivery: what is sent, every attempt with what came back, when the next one is, and sending it anew. */
export default function DeliveryPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<DeliveryDetail>(`webhooks/deliveries/${id}/`, signal),
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  const [newer, setNewer] = useState<DeliveryDetail | null>(null);
  const shown = newer ?? (loaded.state === "ready" ? loaded.value : null);
  const open = shown !== null && (shown.state === "pending" || shown.state === "sending");
  useEffect(() => {
    if (!open) return undefined;
    const gone = new AbortController();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") load(gone.signal).then(setNewer, () => undefined);
    }, REFRESH_MS);
    return () => {
      gone.abort();
      clearInterval(timer);
    };
  }, [open, load]);
  return (
    <Show loaded={loaded} again={again}>
      {(first) => (
        <Shown
          delivery={newer ?? first}
          onChanged={setNewer}
          refresh={() => void load(new AbortController().signal).then(setNewer, () => undefined)}
        />
      )}
    </Show>
  );
}

interface Showing {
  delivery: DeliveryDetail;
  onChanged: (delivery: DeliveryDetail) => void;
  refresh: () => void;
}

function Shown({ delivery, onChanged, refresh }: Showing) {
  const { api } = useSite();
  const [trouble, setTrouble] = useState<string[]>([]);
  const open = delivery.state === "pending" || delivery.state === "sending";
  const resend = () => {
    setTrouble([]);
    api
      .send<DeliveryDetail>("POST", `webhooks/deliveries/${delivery.id}/resend/`, {})
      .then(onChanged, (error: unknown) => setTrouble(sentencesOf(error)));
  };
  return (
    <>
      <p className="trail">
        <Link to="webhooks/destinations/">Destinations</Link>{" "}
        <Link to={`webhooks/destinations/${delivery.destination}/`}>{delivery.destination_name}</Link>
      </p>
      <Heading title={delivery.type}>
        <p className="actions">
          {delivery.curl !== "" && <CopyButton text={delivery.curl} label="Copy as curl" />}
          {delivery.may_resend && (
            <button type="button" disabled={open || delivery.state === "needs_review"} onClick={resend}>
              Resend
            </button>
          )}
        </p>
      </Heading>
      {delivery.may_resend && (
        <p className="note">
          Resent, it has the same webhook-id and body: a receiver that remembers ids takes it once.
        </p>
      )}
      <Trouble sentences={trouble} />
      {delivery.log.some((attempt) => attempt.unknown) && (
        <Unknowns of={{ delivery: delivery.id }} newest={delivery.attempts} onAnswered={refresh} />
      )}
      <Facts
        facts={[
          ["State", <StateMark key="state" state={delivery.state} />],
          ["Next attempt", <Next key="next" at={delivery.next_attempt_at} />],
          ["Attempts", delivery.attempts],
          ["webhook-id", <code key="id">{delivery.message_id}</code>],
          ["Run", <OfRun key="run" run={delivery.run} />],
          ["Made", <Ago key="made" at={delivery.created_at} />],
        ]}
      />
      <section aria-labelledby="attempts">
        <h2 id="attempts">Attempts</h2>
        {delivery.log.length === 0 ? (
          <p className="note">
            None yet. The first one is made at once, as far as the destination’s pace allows.
          </p>
        ) : (
          delivery.log.map((attempt) => (
            <Tried key={attempt.number} attempt={attempt} newest={attempt === delivery.log[0]} />
          ))
        )}
      </section>
      <section aria-labelledby="sent">
        <h2 id="sent">What is sent</h2>
        {delivery.may_read ? (
          <pre className="peer">{delivery.body}</pre>
        ) : (
          <p className="note">To read it you need the right “view payloads” on the workflow.</p>
        )}
      </section>
    </>
  );
}

function Headers({ name, headers }: { name: string; headers: Record<string, string> }) {
  const told = Object.entries(headers);
  if (told.length === 0) return null;
  return (
    <>
      <h3>{name}</h3>
      <dl className="peer-headers">
        {told.map(([header, value]) => (
          <div key={header}>
            <dt>{header}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Next({ at }: { at: string | null }) {
  if (at === null) return "none";
  return (
    <>
      {dateTime(at)}, <Ago at={at} />
    </>
  );
}

function OfRun({ run }: { run: number | null }) {
  return run === null ? "none" : <Link to={`runs/${run}/`}>{run}</Link>;
}

function Tried({ attempt, newest }: { attempt: Attempt; newest: boolean }) {
  const taken = attempt.error === "";
  return (
    <details className="attempt" open={newest}>
      <summary>
        <span className={`status status-${taken ? "succeeded" : "failed"}`}>
          <span aria-hidden="true">{taken ? "✓" : "✕"}</span> Attempt {attempt.number}
        </span>{" "}
        {attempt.status ?? attempt.error} · <Ago at={attempt.started_at} /> · {tookOf(attempt)}
      </summary>
      {attempt.message !== "" && <p>{attempt.message}</p>}
      {attempt.unknown && <p className="note">It may have arrived all the same.</p>}
      <Facts
        facts={[
          ["Started", dateTime(attempt.started_at)],
          ["Address dialled", attempt.address || "none"],
        ]}
      />
      <Headers name="Sent with" headers={attempt.request_headers} />
      <Headers name="Answered with" headers={attempt.response_headers} />
      {attempt.response_body !== "" && <pre className="peer">{attempt.response_body}</pre>}
      {attempt.response_cut && <p className="note">There was more; it is not kept.</p>}
    </details>
  );
}
