import { useState } from "react";
import { alertsOf } from "../api/alerts";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { Ago } from "../ui/Ago";
import { dateTime } from "../ui/format";
import { Link } from "../ui/Link";
import { ReasonDialog } from "../versions/ReasonDialog";
import type { Alert } from "./types";

const SNOOZES = [
  ["1", "1 hour"],
  ["4", "4 hours"],
  ["24", "1 day"],
  ["168", "1 week"],
] as const;

/** What goes on now, each to be taken note of and set aside. */
export function OpenAlerts({ alerts: first }: { alerts: Alert[] }) {
  const [alerts, setAlerts] = useState(first);
  const put = (changed: Alert) =>
    setAlerts((before) => before.map((one) => (one.id === changed.id ? changed : one)));
  return (
    <section aria-labelledby="going-on">
      <h2 id="going-on">Going on</h2>
      {alerts.length === 0 ? (
        <p className="note empty">
          Nothing is wrong. When runs fail, their workflow’s owner is told within a minute, once, and again
          when it works.
        </p>
      ) : (
        <ul className="alerts" aria-label="Alerts that go on">
          {alerts.map((alert) => (
            <OpenAlert key={alert.id} alert={alert} onChanged={put} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface Props {
  alert: Alert;
  onChanged: (alert: Alert) => void;
}

function OpenAlert({ alert, onChanged }: Props) {
  const { api } = useSite();
  const [{ alert: meant = "" }] = useSearch();
  const [noting, setNoting] = useState(false);
  const [trouble, setTrouble] = useState("");
  const snooze = (hours: string) => {
    const until = new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
    setTrouble("");
    alertsOf(api)
      .snooze(alert.id, until)
      .then(onChanged, (error: unknown) =>
        setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again."),
      );
  };
  const classes = [
    alert.acknowledged_at !== null || alert.snoozed_until !== null ? "quiet" : "",
    meant === String(alert.id) ? "meant" : "",
  ];
  return (
    <li className={classes.join(" ").trim() || undefined}>
      <h3>
        {alert.workflow !== null && (
          <>
            <Link to={`workflows/${alert.workflow}/`}>{alert.workflow_name}</Link>:{" "}
          </>
        )}
        {alert.said}
      </h3>
      <p>
        Since <Ago at={alert.since} />, by the rule “{alert.rule_name}”
        {alert.node !== "" && <> at the trigger “{alert.node}”</>}.{" "}
        {alert.run !== null && (
          <>
            The newest that failed is <Link to={`runs/${alert.run}/`}>run {alert.run}</Link>.{" "}
          </>
        )}
        {alert.workflow !== null && <Link to={`diagnosis/${alert.workflow}/`}>Diagnosis</Link>}
      </p>
      {alert.acknowledged_at !== null && (
        <p>
          {alert.acknowledged_by} has taken note <Ago at={alert.acknowledged_at} />
          {alert.note !== "" && <>: “{alert.note}”</>}.
        </p>
      )}
      {alert.snoozed_until !== null && <p>Set aside until {dateTime(alert.snoozed_until)}.</p>}
      {alert.may_handle && (
        <p className="actions">
          {alert.acknowledged_at === null && (
            <button type="button" onClick={() => setNoting(true)}>
              Take note…<span className="visually-hidden"> {alert.workflow_name}</span>
            </button>
          )}
          <label>
            Set aside for{" "}
            <select value="" onChange={(event) => snooze(event.target.value)}>
              <option value="" disabled>
                choose…
              </option>
              {SNOOZES.map(([hours, words]) => (
                <option key={hours} value={hours}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        </p>
      )}
      {trouble !== "" && <p role="alert">{trouble}</p>}
      {noting && (
        <ReasonDialog
          title="Take note"
          text="Others see that you know of it. It stays here until it is over."
          button="Take note"
          required={false}
          onDone={async (note) => onChanged(await alertsOf(api).acknowledge(alert.id, note))}
          onClose={() => setNoting(false)}
        />
      )}
    </li>
  );
}
