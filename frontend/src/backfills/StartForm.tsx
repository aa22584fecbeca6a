import { type FormEvent, useState } from "react";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { Troubles } from "../ui/Troubles";
import { PATIENCE_MS, sentencesOf } from "./asking";
import { Counted } from "./Counted";
import { type Asked, type BackfillDetail, type BackfillPreview, inZone } from "./types";

interface Props {
  workflow: { id: number; zone: string; paused_at: string | null };
  onStarted: (made: BackfillDetail) => void;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The window and what is made up for in it. It is counted first; what was counted, and nothing else, can be started. */
export function StartForm({ workflow, onStarted }: Props) {
  const { api } = useSite();
  const [search] = useSearch();
  const [asked, setAsked] = useState<Asked>(() => {
    const now = Date.now();
    const zone = search.zone || workflow.zone;
    return {
      workflow: workflow.id,
      since: search.since || inZone(workflow.paused_at ?? now - DAY_MS, zone),
      until: search.until || inZone(now + MINUTE_MS, zone),
      zone,
      slots: search.slots !== "no",
      events: search.events !== "no",
      rate: 60,
    };
  });
  const [counted, setCounted] = useState<{ asked: Asked; preview: BackfillPreview } | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);

  const change = (part: Partial<Asked>) => {
    setAsked({ ...asked, ...part });
    setCounted(null); // what is counted is what is asked for
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    setCounted(null);
    api
      .send<BackfillPreview>("POST", "backfills/preview/", asked, { patience: PATIENCE_MS })
      .then(
        (preview) => setCounted({ asked, preview }),
        (error: unknown) => setTrouble(sentencesOf(error)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <>
      <form className="backfill-form" aria-label="New backfill" onSubmit={submit}>
        <label>
          From
          <input
            type="datetime-local"
            required
            value={asked.since}
            onChange={(event) => change({ since: event.target.value })}
          />
        </label>
        <label>
          To
          <input
            type="datetime-local"
            required
            value={asked.until}
            onChange={(event) => change({ until: event.target.value })}
          />
        </label>
        <label>
          By the clocks of
          <input
            required
            maxLength={64}
            value={asked.zone}
            onChange={(event) => change({ zone: event.target.value })}
          />
        </label>
        <label>
          At most, a minute
          <input
            type="number"
            min={1}
            max={600}
            required
            value={Number.isNaN(asked.rate) ? "" : asked.rate}
            onChange={(event) => change({ rate: event.target.valueAsNumber })}
          />
        </label>
        <fieldset>
          <legend>Make up for</legend>
          <label>
            <input
              type="checkbox"
              checked={asked.slots}
              onChange={(event) => change({ slots: event.target.checked })}
            />{" "}
            slots of its schedules
          </label>
          <label>
            <input
              type="checkbox"
              checked={asked.events}
              onChange={(event) => change({ events: event.target.checked })}
            />{" "}
            past events
          </label>
        </fieldset>
        <button type="submit" className={counted === null ? "primary" : undefined} disabled={busy}>
          {busy ? "Counting…" : "Count"}
        </button>
        <Troubles lines={trouble} />
      </form>
      {counted !== null && <Counted {...counted} onStarted={onStarted} />}
    </>
  );
}
