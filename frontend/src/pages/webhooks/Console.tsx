import { type FormEvent, useState } from "react";
import { useSite } from "../../app/context";
import { MARKS } from "../../ui/chips";
import { Facts } from "../../ui/Facts";
import { VerdictMark } from "./Receipts";
import { sentencesOf, Trouble } from "./Trouble";
import type { Endpoint, Trial } from "./types";

const SAMPLE = `{
  "type": "order.paid",
  "order": { "number": 17 }
}`;
const IN_HEADER = ["github", "shopify"];

/** A sample, signed as its sender would, and what each check says to it. */
export function Console({ endpoint }: { endpoint: Endpoint }) {
  const { api } = useSite();
  const [body, setBody] = useState(SAMPLE);
  const [type, setType] = useState("");
  const [age, setAge] = useState(0);
  const [accept, setAccept] = useState(false);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const sample = { body, accept, age_seconds: age, ...(type === "" ? {} : { type }) };
    api
      .send<Trial>("POST", `webhooks/endpoints/${endpoint.key}/test/`, sample)
      .then(setTrial, (error: unknown) => {
        setTrial(null);
        setTrouble(sentencesOf(error));
      })
      .finally(() => setBusy(false));
  };
  return (
    <section aria-labelledby="console">
      <h2 id="console">Test console</h2>
      <p className="note">
        The body is signed here with the newest secret, as the sender would, and held against the same checks
        as a real request.
      </p>
      <form className="webhook-form" onSubmit={submit}>
        <label className="block">
          Body
          <textarea
            className="code"
            rows={6}
            value={body}
            spellCheck={false}
            onChange={(event) => setBody(event.target.value)}
          />
        </label>
        {IN_HEADER.includes(endpoint.scheme) && (
          <label className="block">
            Type (which this sender names in a header)
            <input value={type} maxLength={80} onChange={(event) => setType(event.target.value)} />
          </label>
        )}
        <label className="block">
          Signed so many seconds ago
          <input
            type="number"
            value={age}
            min={-86_400}
            max={86_400}
            onChange={(event) => setAge(Number(event.target.value))}
          />
        </label>
        <label className="check">
          <input type="checkbox" checked={accept} onChange={(event) => setAccept(event.target.checked)} />
          Take it in as a real one: an event is made, and workflows start
        </label>
        <Trouble sentences={trouble} />
        <p className="actions">
          <button type="submit" disabled={busy}>
            {accept ? "Sign and take in" : "Sign and check"}
          </button>
        </p>
      </form>
      {trial !== null && <Outcome trial={trial} />}
    </section>
  );
}

function Outcome({ trial }: { trial: Trial }) {
  return (
    <div role="status">
      <ol className="checks">
        {trial.checks.map(({ check, passed, detail }) => (
          <li key={check} className={`status-${passed ? "succeeded" : "failed"}`}>
            <span className="mark" aria-hidden="true">
              {MARKS[passed ? "succeeded" : "failed"]}
            </span>
            <strong>{check}</strong>
            <span className="visually-hidden">{passed ? "holds" : "does not hold"}</span>
            <span className="said">{detail}</span>
          </li>
        ))}
      </ol>
      <Facts
        facts={[
          ["Verdict", <VerdictMark key="verdict" verdict={trial.verdict} />],
          ["Type of the event", trial.type || "–"],
          ["Record", trial.record || "–"],
          ["Once per", trial.dedupe || "–"],
          ["Answer", trial.status === null ? "none: it was not taken in" : String(trial.status)],
        ]}
      />
    </div>
  );
}
