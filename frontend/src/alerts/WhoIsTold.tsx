import { useId, useState } from "react";
import type { Named } from "../api/types";

export interface Told {
  tell_owner: boolean;
  people: string[];
  /** Keys of the rule's own destinations. */
  destinations: string[];
}

interface Props {
  told: Told;
  onChange: (change: Partial<Told>) => void;
  /** User names to choose from; others may be typed. */
  known: string[];
  /** Those in sight. */
  destinations: Named[];
}

/** The people whom a rule tells, and the destinations that hear of what it finds. */
export function WhoIsTold({ told, onChange, known, destinations }: Props) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const add = () => {
    const name = typed.trim();
    if (name !== "" && !told.people.includes(name)) onChange({ people: [...told.people, name] });
    setTyped("");
  };
  const tick = (key: string, on: boolean) =>
    onChange({
      destinations: on ? [...told.destinations, key] : told.destinations.filter((one) => one !== key),
    });
  return (
    <fieldset className="told">
      <legend>Who is told</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={told.tell_owner}
          onChange={(event) => onChange({ tell_owner: event.target.checked })}
        />
        The workflow’s owner
      </label>
      <label htmlFor={`${id}-person`}>People, in the app and by mail (user names)</label>
      <div className="add">
        <input
          id={`${id}-person`}
          list={`${id}-people`}
          value={typed}
          maxLength={150}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" onClick={add}>
          Add
        </button>
      </div>
      <datalist id={`${id}-people`}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {told.people.length > 0 && (
        <ul className="people" aria-label="People who are told">
          {told.people.map((name) => (
            <li key={name} className="chip">
              {name}{" "}
              <button
                type="button"
                aria-label={`Remove ${name}`}
                onClick={() => onChange({ people: told.people.filter((one) => one !== name) })}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      {destinations.length > 0 && (
        <>
          <p id={`${id}-where`}>Destinations of its own (webhooks, chat)</p>
          <ul className="plain" aria-labelledby={`${id}-where`}>
            {destinations.map((one) => (
              <li key={one.key}>
                <label className="check">
                  <input
                    type="checkbox"
                    checked={told.destinations.includes(one.key)}
                    onChange={(event) => tick(one.key, event.target.checked)}
                  />
                  {one.name}
                </label>
              </li>
            ))}
          </ul>
          <p className="note">
            {told.destinations.length === 0
              ? "None: what it finds goes to every destination that subscribes to alerts."
              : "What it finds goes there; other destinations that subscribe to alerts don’t hear of it."}
          </p>
        </>
      )}
    </fieldset>
  );
}

/** "the owner, noor and Finance channel" */
export function toldWords(told: Told, destinations: Named[]): string {
  const names = [
    ...(told.tell_owner ? ["the owner"] : []),
    ...told.people,
    ...told.destinations.map((key) => destinations.find((one) => one.key === key)?.name ?? key),
  ];
  if (names.length === 0) return "admins";
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}
