import { useCallback, useState } from "react";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Link } from "../../ui/Link";
import { Show } from "../../ui/Page";
import type { ListedReview, Schedule } from "./types";
import { keepable, ofWhat } from "./words";

interface Loaded {
  kept: ListedReview[];
  schedules: Schedule[];
}

/** The reviews of a week that are kept, and the buttons that keep those that are not. */
export function Keep({ week }: { week: string }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const [kept, schedules] = await Promise.all([
        reviewsOf(api).keptOf(week, signal),
        reviewsOf(api).schedules(signal),
      ]);
      return { kept: kept.results, schedules: schedules.results };
    },
    [api, week],
  );
  const [loaded, again] = useLoad(load);
  return (
    <section aria-labelledby="keep">
      <h2 id="keep">Kept</h2>
      <Show loaded={loaded} again={again} rows={1}>
        {({ kept, schedules }) => <KeepEach week={week} kept={kept} schedules={schedules} />}
      </Show>
    </section>
  );
}

function KeepEach({ week, kept: first, schedules }: Loaded & { week: string }) {
  const { api } = useSite();
  const [kept, setKept] = useState(first);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const left = keepable(schedules, kept);
  const keep = async (schedule: Schedule) => {
    setBusy(true);
    setTrouble("");
    try {
      const made = await reviewsOf(api).make(schedule.id, week);
      setKept((before) => [made, ...before]);
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {kept.length === 0 && left.length === 0 && (
        <p className="note empty">
          This week is not kept. Have weeks <Link to="reviews/">reviewed by themselves</Link>: then it can be
          kept too, answered and signed.
        </p>
      )}
      {kept.length > 0 && (
        <ul>
          {kept.map((one) => (
            <li key={one.id}>
              <Link to={`reviews/kept/${one.id}/`}>Review of {ofWhat(one)}</Link>,{" "}
              {one.signed_by === null ? "not signed yet" : `signed by ${one.signed_by}`}
            </li>
          ))}
        </ul>
      )}
      {left.length > 0 && (
        <>
          <p className="note">
            What is kept never changes, asks for decisions, and is signed. Its readers are told.
          </p>
          <p className="actions">
            {left.map((one) => (
              <button key={one.id} type="button" disabled={busy} onClick={() => void keep(one)}>
                Keep it, of {ofWhat(one)}
              </button>
            ))}
          </p>
        </>
      )}
      {trouble !== "" && <p role="alert">{trouble}</p>}
    </>
  );
}
