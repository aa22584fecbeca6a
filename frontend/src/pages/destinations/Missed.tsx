import { useCallback, useEffect, useState } from "react";
import { useSite } from "../../app/context";
import { dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { type Backlog, type Destination, howMany } from "./types";

const EVERY_MS = 2_000;

/** What the destination has not taken, sending all of it anew, and how far that is. */
export function Missed({ destination }: { destination: Destination }) {
  const { api } = useSite();
  const [backlog, setBacklog] = useState<Backlog | null>(null);
  const [sent, setSent] = useState(0);
  const [trouble, setTrouble] = useState<string[]>([]);
  const path = `webhooks/destinations/${destination.key}/`;
  const look = useCallback(
    (signal?: AbortSignal) => api.get<Backlog>(`${path}backlog/`, signal).then(setBacklog, () => undefined), // the next turn may
    [api, path],
  );
  useEffect(() => {
    const leaving = new AbortController();
    void look(leaving.signal);
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void look(leaving.signal);
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, [look]);
  if (backlog === null) return null;
  const mayRecover = destination.rights.includes("change") && destination.state === "enabled";
  const recover = () => {
    setTrouble([]);
    api.send<{ deliveries: number }>("POST", `${path}recover/`, { since: backlog.failed_since }).then(
      (answer) => {
        setSent(answer.deliveries);
        return look();
      },
      (error: unknown) => setTrouble(sentencesOf(error)),
    );
  };
  const done = Math.max(0, sent - backlog.waiting);
  return (
    <>
      {sent > 0 && (
        <p role="status" className="recovering">
          {backlog.waiting > 0 ? (
            <>
              <progress max={sent} value={done} aria-label="Sent anew" /> {done} of {sent} sent anew
            </>
          ) : (
            `All ${sent} were sent anew${backlog.failed > 0 ? `; ${howMany(backlog.failed)} failed again` : ""}.`
          )}
        </p>
      )}
      {backlog.needs_review > 0 && (
        <p className="problem">
          Of {howMany(backlog.needs_review)} {backlog.needs_review === 1 ? "delivery" : "deliveries"} nobody
          knows whether it arrived.{" "}
          <Link to={`webhooks/destinations/${destination.key}/?state=needs_review`}>
            Show what needs review
          </Link>
        </p>
      )}
      {backlog.failed > 0 && backlog.failed_since !== null && (
        <div className="problem">
          <p>
            {howMany(backlog.failed)} {backlog.failed === 1 ? "delivery was" : "deliveries were"} given up,
            the first from {dateTime(backlog.failed_since)}.
          </p>
          {mayRecover && (
            <p className="actions">
              <button type="button" disabled={sent > 0 && backlog.waiting > 0} onClick={recover}>
                Send all anew that it missed
              </button>
            </p>
          )}
        </div>
      )}
      <Trouble sentences={trouble} />
    </>
  );
}
