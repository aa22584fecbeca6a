import { type FormEvent, useId, useState } from "react";
import type { Gate } from "../api/gateTypes";
import type { WorkflowDetail } from "../api/types";
import { useSite } from "../app/context";
import { Ago } from "../ui/Ago";

interface Props {
  workflow: WorkflowDetail;
  gate: Gate;
  busy: boolean;
  close: (work: () => Promise<Gate>) => Promise<void>;
}

/** The second person: asked here, agreeing here, or told why he can't. */
export function ConsentPart({ workflow, gate, busy, close }: Props) {
  const { api } = useSite();
  const { consent } = gate;
  const [words, setWords] = useState("");
  const id = useId();
  const may = (right: string) => workflow.rights.includes(right);
  if (consent === null) {
    if (!may("publish") || gate.mode === "execute") return null;
    const ask = (event: FormEvent) => {
      event.preventDefault();
      void close(() => api.askConsent(workflow.id, words));
    };
    return (
      <form className="consent" onSubmit={ask}>
        <label htmlFor={id}>What should they look at? (optional)</label>
        <input id={id} value={words} maxLength={300} onChange={(event) => setWords(event.target.value)} />
        <button type="submit" disabled={busy}>
          Ask for consent
        </button>
      </form>
    );
  }
  const give = (event: FormEvent) => {
    event.preventDefault();
    void close(() => api.giveConsent(workflow.id, gate.digest, words));
  };
  return (
    <div className="consent">
      <p className="note">
        {consent.asked_by} asked <Ago at={consent.asked_at} />
        {consent.note !== "" && <>: “{consent.note}”</>}
        {consent.given_at !== null && (
          <>
            {" · "}
            {consent.given_by} agreed <Ago at={consent.given_at} />
            {consent.answer !== "" && <>: “{consent.answer}”</>}
          </>
        )}
      </p>
      {consent.state === "asked" && gate.why_not_consent === "" && (
        <form className="consent" onSubmit={give}>
          <label htmlFor={id}>Your word on it (optional)</label>
          <input id={id} value={words} maxLength={300} onChange={(event) => setWords(event.target.value)} />
          <button type="submit" className="primary" disabled={busy}>
            Agree to version {gate.version}
          </button>
        </form>
      )}
      {consent.state === "asked" && gate.why_not_consent !== "" && (
        <p className="note">{gate.why_not_consent}</p>
      )}
      {gate.may_withdraw && (
        <button type="button" disabled={busy} onClick={() => close(() => api.withdrawConsent(workflow.id))}>
          {consent.state === "given" ? "Withdraw the consent" : "Withdraw the request"}
        </button>
      )}
    </div>
  );
}
