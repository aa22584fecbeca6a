import { useState } from "react";
import { alertsOf } from "../api/alerts";
import type { Module } from "../api/recordTypes";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { StandstillDialog } from "./StandstillDialog";
import { lowered, whenWords } from "./stillWords";
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
  const [ending, setEnding] = useState<Standstill | null>(null);
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
            <li key={one.id} className={one.holding === null ? "quiet" : undefined}>
              <h3>
                {one.holding === null ? "Planned" : `${one.subject} stands still`}: {one.reason}
              </h3>
              <p>
                {one.subject}, {whenWords(one)}. Set by {one.set_by}. Events are kept, and judged afterwards.
              </p>
              {one.may_lift && (
                <p className="actions">
                  {one.comes_again !== "" && one.holding !== null && (
                    <button
                      type="button"
                      onClick={() => {
                        setReason("");
                        setEnding(one);
                      }}
                    >
                      End this window…<span className="visually-hidden"> {one.reason}</span>
                    </button>
                  )}
                  <button
                    type="button"
                    onClick={() => {
                      setReason("");
                      setLifting(one);
                    }}
                  >
                    {one.holding === null || one.comes_again !== "" ? "Call off…" : "Go on…"}
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
          title={
            lifting.holding === null
              ? `Call off “${lifting.reason}”`
              : `Let ${lowered(lifting.subject)} go on`
          }
          button={lifting.holding === null ? "Call off" : "Go on"}
          onDo={lift}
          onClose={() => setLifting(null)}
        >
          <p>
            {lifting.holding === null ? (
              "It does not come, and nothing waits for it."
            ) : (
              <>
                “{lifting.reason}” ends now{lifting.comes_again !== "" && ", and comes no more"}. What has
                come meanwhile is judged, oldest first.
              </>
            )}
          </p>
          <label className="block">
            Why (kept in the trail)
            <input maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
          </label>
        </FormDialog>
      )}
      {ending !== null && (
        <FormDialog
          title={`Let ${lowered(ending.subject)} go on until next time`}
          button="Go on"
          onDo={async () => {
            const ended = await alertsOf(api).endWindow(ending.id, reason);
            setStanding((before) => before.map((one) => (one.id === ended.id ? ended : one)));
          }}
          onClose={() => setEnding(null)}
        >
          <p>This window of “{ending.reason}” ends now; it comes again as ever.</p>
          <label className="block">
            Why (kept in the trail)
            <input maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
          </label>
        </FormDialog>
      )}
    </section>
  );
}
