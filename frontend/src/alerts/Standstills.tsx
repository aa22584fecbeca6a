import { useState } from "react";
import { alertsOf } from "../api/alerts";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { dateTime } from "../ui/format";
import type { Standstill } from "./types";

interface Props {
  first: Standstill[];
  /** May let everything stand still, and go on. */
  admin: boolean;
}

/** What lets everything stand still now, what is planned, and, for admins, the switch. */
export function Standstills({ first, admin }: Props) {
  const { api } = useSite();
  const [standing, setStanding] = useState(first);
  const [setting, setSetting] = useState(false);
  const [lifting, setLifting] = useState<Standstill | null>(null);
  const [reason, setReason] = useState("");
  const [start, setStart] = useState("");
  const [end, setEnd] = useState("");
  if (standing.length === 0 && !admin) return null;
  const close = () => {
    setSetting(false);
    setLifting(null);
    for (const clear of [setReason, setStart, setEnd]) clear("");
  };
  const set = async () => {
    const made = await alertsOf(api).standStill({
      reason,
      ...(start !== "" && { starts_at: new Date(start).toISOString() }),
      ...(end !== "" && { ends_at: new Date(end).toISOString() }),
    });
    setStanding((before) => [made, ...before]);
  };
  const lift = async () => {
    if (lifting === null) return;
    await alertsOf(api).goOn(lifting.id, reason);
    setStanding((before) => before.filter((one) => one.id !== lifting.id));
  };
  return (
    <section aria-labelledby="standstills">
      <h2 id="standstills">Standstills</h2>
      {standing.length === 0 ? (
        <p className="note empty">
          Nothing stands still. While something does, no trigger judges anything: what happens meanwhile is
          kept, and judged afterwards, oldest first. Runs that have begun go on.
        </p>
      ) : (
        <ul className="alerts">
          {standing.map((one) => (
            <li key={one.id}>
              <h3>
                {Date.parse(one.starts_at) <= Date.now() ? "Everything stands still" : "Planned"}:{" "}
                {one.reason}
              </h3>
              <p>
                From {dateTime(one.starts_at)}{" "}
                {one.ends_at === null ? "until somebody lets it go on" : `to ${dateTime(one.ends_at)}`}, set
                by {one.set_by}. Events are kept, and judged afterwards.
              </p>
              {admin && (
                <p className="actions">
                  <button type="button" onClick={() => setLifting(one)}>
                    {Date.parse(one.starts_at) <= Date.now() ? "Go on…" : "Call off…"}
                    <span className="visually-hidden"> {one.reason}</span>
                  </button>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
      {admin && (
        <p className="actions">
          <button type="button" onClick={() => setSetting(true)}>
            Let everything stand still…
          </button>
        </p>
      )}
      {setting && (
        <FormDialog title="Let everything stand still" button="Stand still" onDo={set} onClose={close}>
          <p>
            No trigger of any workflow judges anything meanwhile. Events are kept and judged afterwards; runs
            that have begun go on. Times are those of your clock.
          </p>
          <label className="block">
            Why
            <input
              required
              maxLength={300}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
          <label className="block">
            From (empty: now)
            <input type="datetime-local" value={start} onChange={(event) => setStart(event.target.value)} />
          </label>
          <label className="block">
            To (empty: until somebody lets it go on)
            <input type="datetime-local" value={end} onChange={(event) => setEnd(event.target.value)} />
          </label>
        </FormDialog>
      )}
      {lifting !== null && (
        <FormDialog title="Let everything go on" button="Go on" onDo={lift} onClose={close}>
          <p>“{lifting.reason}” ends now. What has come meanwhile is judged, oldest first.</p>
          <label className="block">
            Why (kept in the trail)
            <input maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
          </label>
        </FormDialog>
      )}
    </section>
  );
}
