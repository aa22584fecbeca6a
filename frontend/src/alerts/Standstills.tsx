import { useState } from "react";
import { alertsOf } from "../api/alerts";
import type { Module } from "../api/recordTypes";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { StandstillDialog } from "./StandstillDialog";
import { isHolding, lowered, spanOf } from "./stillWords";
import type { Standstill } from "./types";
import "./alerts.css";

interface Props {
  first: Standstill[];
  /** The workflows that the reader may let stand still. */
  may: Workflow[];
  /** May let everything, modules and teams stand still, too. */
  admin?: boolean;
  modules?: Module[];
  /** Where it is about one workflow: what is set is of this one. */
  only?: Workflow;
}

/** What stands still now, what is planned, and, for those who may, the switch. */
export function Standstills({ first, may, admin = false, modules = [], only }: Props) {
  const { api } = useSite();
  const [standing, setStanding] = useState(first);
  const [setting, setSetting] = useState(false);
  const [lifting, setLifting] = useState<Standstill | null>(null);
  const [reason, setReason] = useState("");
  const offers = admin || may.length > 0;
  if (standing.length === 0 && !offers) return null;
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
          {only === undefined ? "Nothing stands still." : "It doesn’t stand still."} While something does, its
          triggers judge nothing: what happens meanwhile is kept, and judged afterwards, oldest first. Runs
          that have begun go on.
        </p>
      ) : (
        <ul className="alerts">
          {standing.map((one) => (
            <li key={one.id} className={isHolding(one) ? undefined : "quiet"}>
              <h3>
                {isHolding(one) ? `${one.subject} stands still` : "Planned"}: {one.reason}
              </h3>
              <p>
                {one.subject}, {spanOf(one)}, set by {one.set_by}. Events are kept, and judged afterwards.
              </p>
              {one.may_lift && (
                <p className="actions">
                  <button
                    type="button"
                    onClick={() => {
                      setReason("");
                      setLifting(one);
                    }}
                  >
                    {isHolding(one) ? "Go on…" : "Call off…"}
                    <span className="visually-hidden"> {one.reason}</span>
                  </button>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
      {offers && (
        <p className="actions">
          <button type="button" onClick={() => setSetting(true)}>
            {only === undefined ? "Let something stand still…" : "Let it stand still…"}
          </button>
        </p>
      )}
      {setting && (
        <StandstillDialog
          modules={modules}
          workflows={may}
          admin={admin}
          only={only}
          onSet={(made) => setStanding((before) => [made, ...before])}
          onClose={() => setSetting(false)}
        />
      )}
      {lifting !== null && (
        <FormDialog
          title={`Let ${lowered(lifting.subject)} go on`}
          button="Go on"
          onDo={lift}
          onClose={() => setLifting(null)}
        >
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
