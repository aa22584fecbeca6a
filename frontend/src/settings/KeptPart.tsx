import { type FormEvent, useCallback, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import type { Foreseen, KeptFor } from "../api/settingsTypes";
import type { WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { dateTime, number } from "../ui/format";
import { Show } from "../ui/Page";
import { ReasonDialog } from "../versions/ReasonDialog";
import { Field } from "./Field";
import { HoldDialog } from "./HoldDialog";

const MOST_COUNTED = 10_000;
const WAIT_MS = 400;

/** For how long its runs are kept, what that would drop, and whether a legal hold forbids it. */
export function KeptPart({ workflow }: { workflow: WorkflowDetail }) {
  const { api } = useSite();
  const address = `workflows/${workflow.id}/retention/`;
  const load = useCallback((signal: AbortSignal) => api.get<KeptFor>(address, signal), [api, address]);
  const [loaded, again] = useLoad(load);
  return (
    <section aria-labelledby="kept">
      <h2 id="kept">How long runs are kept</h2>
      <Show loaded={loaded} again={again} rows={4}>
        {(kept) => <Kept workflow={workflow} first={kept} />}
      </Show>
    </section>
  );
}

function Kept({ workflow, first }: { workflow: WorkflowDetail; first: KeptFor }) {
  const { api } = useSite();
  const address = `workflows/${workflow.id}/`;
  const [kept, setKept] = useState(first);
  const [typed, setTyped] = useState(first.days === null ? "" : String(first.days));
  const [said, setSaid] = useState<{ trouble: boolean; text: string } | null>(null);
  const [asked, setAsked] = useState<"hold" | "lift" | null>(null);
  const may = workflow.rights.includes("publish");
  const days = typed === "" ? null : Number(typed);
  const save = (event: FormEvent) => {
    event.preventDefault();
    api.send<KeptFor>("PUT", `${address}retention/`, { days }).then(
      (now) => {
        setKept(now);
        setSaid({ trouble: false, text: "Saved." });
      },
      (error: unknown) => {
        const text = error instanceof ApiError ? error.message : "It could not be saved. Try again.";
        setSaid({ trouble: true, text });
      },
    );
  };
  const words = kept.kept_days === null ? "for ever" : `${number(kept.kept_days)} days`;
  return (
    <>
      <form onSubmit={save}>
        <Field
          name="Days"
          value={kept.days === null ? `as the settings say: ${words}` : words}
          may={may}
          unit="days after a run has ended"
          help={`At least ${kept.least_days}. Empty: as the settings say${kept.days === null ? `, ${words} now` : ""}. What is open, asked about or still needed stays longer.`}
        >
          {(input) => (
            <input
              {...input}
              type="number"
              min={kept.least_days}
              max={36_500}
              step={1}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <Foresight
          address={`${address}retention/`}
          days={days}
          least={kept.least_days}
          held={kept.hold !== null}
        />
        {may && (
          <p className="actions">
            <button type="submit" disabled={days === kept.days}>
              Keep for so long
            </button>
          </p>
        )}
        <p role={said?.trouble ? "alert" : "status"} className={said?.trouble ? "problem" : "note"}>
          {said?.text}
        </p>
      </form>
      <p className="note">
        {kept.dropped === 0 ? (
          "No run of it was dropped yet."
        ) : (
          <>
            {number(kept.dropped)} runs were dropped, the last of them <Ago at={kept.dropped_at} />.
          </>
        )}{" "}
        {kept.swept_at !== null && (
          <>
            Nothing of any workflow was left to drop <Ago at={kept.swept_at} />.
          </>
        )}
      </p>
      <h3>Legal hold</h3>
      {kept.hold === null ? (
        <p>None: what is past its time goes.</p>
      ) : (
        <p>
          <strong>Nothing of this workflow is dropped</strong>, says {kept.hold.by} since{" "}
          {dateTime(kept.hold.at)}
          {kept.hold.until !== null && `, until ${dateTime(kept.hold.until)}`}: “{kept.hold.reason}”.
        </p>
      )}
      {kept.may_hold ? (
        <p className="actions">
          <button type="button" onClick={() => setAsked(kept.hold === null ? "hold" : "lift")}>
            {kept.hold === null ? "Set a legal hold…" : "Lift the legal hold…"}
          </button>
        </p>
      ) : (
        <p className="note">Admins set and lift legal holds.</p>
      )}
      {asked === "hold" && (
        <HoldDialog
          workflow={workflow.name}
          onSet={async (hold) => setKept(await api.send<KeptFor>("PUT", `${address}legal-hold/`, hold))}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === "lift" && (
        <ReasonDialog
          title="Lift the legal hold"
          text="What is past its time is dropped from now on."
          button="Lift it"
          required
          onDone={async (reason) =>
            setKept(await api.send<KeptFor>("POST", `${address}legal-hold/lift/`, { reason }))
          }
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

interface Looking {
  address: string;
  days: number | null;
  least: number;
  held: boolean;
}

/** How many runs would go now and within a month, with the number that is typed. */
function Foresight({ address, days, least, held }: Looking) {
  const { api } = useSite();
  const [found, setFound] = useState<Foreseen | null>(null);
  useEffect(() => {
    setFound(null);
    if (days !== null && !(Number.isInteger(days) && days >= least)) return;
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      api
        .get<Foreseen>(`${address}foreseen/${days === null ? "" : `?days=${days}`}`, leaving.signal)
        .then(setFound, () => undefined); // the form works without
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [api, address, days, least]);
  return (
    <p className="note" aria-live="polite">
      {found === null
        ? "\u00a0"
        : `With this ${runs(found.now)} would go at once, and ${runs(found.in_30_days)} within 30 days${held ? "; the legal hold keeps them" : ""}.`}
    </p>
  );
}

function runs(count: number): string {
  if (count >= MOST_COUNTED) return `${number(MOST_COUNTED)} runs or more`;
  return count === 1 ? "1 run" : `${number(count)} runs`;
}
