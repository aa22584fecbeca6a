import { useState } from "react";
import { useSite } from "../../app/context";
import { Ago } from "../../ui/Ago";
import { dateTime } from "../../ui/format";
import { ShownOnce } from "./ShownOnce";
import { sentencesOf, Trouble } from "./Trouble";
import { type Endpoint, GIVEN_SECRET, type NewSecret } from "./types";

interface Props {
  endpoint: Endpoint;
  onChanged: () => void;
}

const OVERLAPS = [
  [0, "not at all: the old one leaked"],
  [1, "an hour"],
  [24, "a day"],
  [168, "a week"],
] as const;

/** The secrets that count, and changing them without losing a request. */
export function Secrets({ endpoint, onChanged }: Props) {
  const { api } = useSite();
  const [overlap, setOverlap] = useState(24);
  const [given, setGiven] = useState("");
  const [shown, setShown] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string[]>([]);
  const path = `webhooks/endpoints/${endpoint.key}/secrets/`;
  const typed = GIVEN_SECRET.includes(endpoint.scheme);
  const refused = (error: unknown) => setTrouble(sentencesOf(error));
  const add = () => {
    setTrouble([]);
    const body = { overlap_hours: overlap, ...(given === "" ? {} : { secret: given }) };
    api.send<NewSecret>("POST", path, body).then((made) => {
      setShown(typed ? null : made.secret);
      setGiven("");
      onChanged();
    }, refused);
  };
  const end = (id: number) => {
    setTrouble([]);
    api.send("DELETE", `${path}${id}/`, undefined).then(onChanged, refused);
  };
  return (
    <section aria-labelledby="secrets">
      <h2 id="secrets">Secrets</h2>
      {endpoint.secrets.length === 0 && (
        <p className="problem">No secret counts, so every request is refused. Add one.</p>
      )}
      <ul className="plain secrets">
        {endpoint.secrets.map((secret) => (
          <li key={secret.id}>
            <code>…{secret.hint}</code>
            <span>
              since <Ago at={secret.created_at} />
              {secret.expires_at !== null && `, counts until ${dateTime(secret.expires_at)}`}
            </span>
            {endpoint.may_change && (
              <button type="button" className="quiet" onClick={() => end(secret.id)}>
                End …{secret.hint} now
              </button>
            )}
          </li>
        ))}
      </ul>
      {shown !== null && <ShownOnce secret={shown} to="sender" />}
      {endpoint.may_change && (
        <div className="webhook-form">
          {typed && (
            <label className="block">
              The new secret, as the sender shows it
              <input
                value={given}
                maxLength={600}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setGiven(event.target.value)}
              />
            </label>
          )}
          <label className="block">
            The secrets above still count for
            <select value={overlap} onChange={(event) => setOverlap(Number(event.target.value))}>
              {OVERLAPS.map(([hours, words]) => (
                <option key={hours} value={hours}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <p className="actions">
            <button type="button" onClick={add} disabled={typed && given === ""}>
              {typed ? "Add the secret" : "Make a new secret"}
            </button>
          </p>
        </div>
      )}
      <Trouble sentences={trouble} />
    </section>
  );
}
