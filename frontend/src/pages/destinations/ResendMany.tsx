import { useCallback, useEffect, useState } from "react";
import { query } from "../../api/client";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Ago } from "../../ui/Ago";
import { FormDialog, Refused } from "../../ui/FormDialog";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { type Resending, STATES } from "./types";

const LOOK_AGAIN_MS = 5_000;

/** Sending many anew by a filter, and how far the last ones are. */
export function ResendMany({ destination, onChanged }: { destination: string; onChanged: () => void }) {
  const { api } = useSite();
  const [open, setOpen] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);
  const load = useCallback(
    async (signal: AbortSignal) =>
      (await api.get<{ results: Resending[] }>("webhooks/resendings/?limit=20", signal)).results.filter(
        (one) => one.wanted.destination === destination,
      ),
    [api, destination],
  );
  const [loaded, again] = useLoad(load);
  const shown = loaded.state === "ready" ? loaded.value.slice(0, 3) : [];
  const busy = shown.some((one) => one.open > 0);
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(again, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [busy, again]);
  const stop = (id: number) => {
    setTrouble([]);
    api.send("POST", `webhooks/resendings/${id}/stop/`, {}).then(
      () => {
        again();
        onChanged();
      },
      (error: unknown) => setTrouble(sentencesOf(error)),
    );
  };
  return (
    <>
      <p className="actions">
        <button type="button" onClick={() => setOpen(true)}>
          Send many anew…
        </button>
      </p>
      {shown.length > 0 && (
        <ul className="plain" aria-label="Sent anew">
          {shown.map((one) => (
            <li key={one.id}>
              {one.count} sent anew <Ago at={one.created_at} />: {one.succeeded} taken, {one.failed} not,{" "}
              {one.open} to go{one.stopped_at !== null && "; stopped"}{" "}
              {one.open > 0 && (
                <button type="button" onClick={() => stop(one.id)}>
                  Stop
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Trouble sentences={trouble} />
      {open && (
        <ResendDialog
          destination={destination}
          onDone={() => {
            again();
            onChanged();
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

interface Props {
  destination: string;
  onDone: () => void;
  onClose: () => void;
}

function ResendDialog({ destination, onDone, onClose }: Props) {
  const { api } = useSite();
  const [state, setState] = useState<"failed" | "succeeded" | "cancelled">("failed");
  const [error, setError] = useState("");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [pace, setPace] = useState("60");
  const wanted = {
    destination,
    state,
    ...(error.trim() !== "" && { error: error.trim() }),
    ...(since !== "" && { since: new Date(since).toISOString() }),
    ...(until !== "" && { until: new Date(until).toISOString() }),
  };
  const address = `webhooks/resendings/count/${query(wanted)}`;
  const load = useCallback(
    (signal: AbortSignal) => api.get<{ count: number; most: number }>(address, signal),
    [api, address],
  );
  const [counted] = useLoad(load);
  const count = counted.state === "ready" ? counted.value.count : null;
  const send = async () => {
    if (count === null) throw new Refused("Wait until they are counted.");
    if (count === 0) throw new Refused("There is none to send anew. Widen the filter.");
    await api.send("POST", "webhooks/resendings/", { ...wanted, per_minute: Number(pace), expected: count });
    onDone();
  };
  return (
    <FormDialog title="Send many anew" button="Send anew" onDo={send} onClose={onClose}>
      <p>Each goes under its own id and with the same body, the oldest first.</p>
      <label className="block">
        Those that are
        <select value={state} onChange={(event) => setState(event.target.value as typeof state)}>
          {(["failed", "succeeded", "cancelled"] as const).map((one) => (
            <option key={one} value={one}>
              {STATES[one]}
            </option>
          ))}
        </select>
      </label>
      <label className="block">
        With this error (like status-503; empty: any)
        <input maxLength={64} value={error} onChange={(event) => setError(event.target.value)} />
      </label>
      <label className="block">
        Made since
        <input type="datetime-local" value={since} onChange={(event) => setSince(event.target.value)} />
      </label>
      <label className="block">
        Made before
        <input type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
      </label>
      <label className="block">
        At most so many a minute
        <input
          type="number"
          required
          min={1}
          max={60_000}
          value={pace}
          onChange={(event) => setPace(event.target.value)}
        />
      </label>
      <p role="status">{count === null ? "They are being counted." : howMany(count)}</p>
    </FormDialog>
  );
}

function howMany(count: number): string {
  if (count === 0) return "None is found.";
  return count === 1 ? "1 delivery would be sent anew." : `${count} deliveries would be sent anew.`;
}
