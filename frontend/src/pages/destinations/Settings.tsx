import { type FormEvent, useCallback, useId, useState } from "react";
import type { Page } from "../../api/types";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import type { Destination } from "./types";

interface Props {
  destination: Destination;
  onChanged: (destination: Destination) => void;
}

type Header = Destination["headers"][number];

const NUMBERS = [
  ["concurrency", "Calls at the same time", 50],
  ["rate", "Calls a minute", 60_000],
  ["timeout_seconds", "Seconds that a call may take", 60],
  ["max_attempts", "Attempts at most", 10],
] as const;

/** Where calls go, what they send along, how many and how fast. */
export function DestinationSettings({ destination, onChanged }: Props) {
  const { api } = useSite();
  const secrets = useSecrets(destination);
  const ends = useId();
  const [values, setValues] = useState(destination);
  const [trouble, setTrouble] = useState<string[]>([]);
  const [said, setSaid] = useState("");
  const set = (changes: Partial<Destination>) => setValues({ ...values, ...changes });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTrouble([]);
    setSaid("");
    const { name, url, url_secret, headers, concurrency, rate, timeout_seconds, max_attempts } = values;
    const numbers = { concurrency, rate, timeout_seconds, max_attempts };
    const { retry_other_refusals, retry_safe, ordered } = values;
    const body = { name, url, url_secret, headers, ...numbers, retry_other_refusals, retry_safe, ordered };
    api.send<Destination>("PATCH", `webhooks/destinations/${destination.key}/`, body).then(
      (saved) => {
        setValues(saved);
        setSaid("Saved.");
        onChanged(saved);
      },
      (error: unknown) => setTrouble(sentencesOf(error)),
    );
  };
  return (
    <details className="settings">
      <summary>Settings</summary>
      <form className="webhook-form" onSubmit={submit}>
        <label className="block">
          Name
          <input
            value={values.name}
            required
            maxLength={160}
            onChange={(event) => set({ name: event.target.value })}
          />
        </label>
        <label className="block">
          Address
          <input
            value={values.url}
            required
            maxLength={2_000}
            inputMode="url"
            spellCheck={false}
            onChange={(event) => set({ url: event.target.value })}
          />
        </label>
        <label className="block" htmlFor={ends}>
          Secret that ends the address
          <SecretChoice
            id={ends}
            secrets={secrets}
            value={values.url_secret}
            onChange={(url_secret) => set({ url_secret })}
          />
        </label>
        <Headers headers={values.headers} secrets={secrets} onChange={(headers) => set({ headers })} />
        <div className="pairs">
          {NUMBERS.map(([field, label, most]) => (
            <label key={field} className="block">
              {label}
              <input
                type="number"
                min={1}
                max={most}
                required
                value={values[field]}
                onChange={(event) => set({ [field]: Number(event.target.value) })}
              />
            </label>
          ))}
        </div>
        <label className="block">
          Other refusals (4xx beside 408, 425 and 429)
          <select
            value={String(values.retry_other_refusals)}
            onChange={(event) => set({ retry_other_refusals: ANSWERS[event.target.value] ?? null })}
          >
            <option value="null">are tried again for events, not for steps</option>
            <option value="true">are always tried again</option>
            <option value="false">are never tried again</option>
          </select>
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={values.retry_safe}
            onChange={(event) => set({ retry_safe: event.target.checked })}
          />
          A repeat is safe: the receiver knows a repeated call by its webhook-id, or it does no harm. Without
          this, a call that may have arrived waits for somebody to say whether it did
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={values.ordered}
            onChange={(event) => set({ ordered: event.target.checked })}
          />
          Keep the order: what is about one record goes one after the other
        </label>
        <Trouble sentences={trouble} />
        <p className="actions">
          <button type="submit">Save</button>
          <span role="status">{said}</span>
        </p>
      </form>
    </details>
  );
}

const ANSWERS: Record<string, boolean | null> = { null: null, true: true, false: false };

/** The keys of the secrets that the reader can choose, and those that are sent already. */
function useSecrets(destination: Destination): string[] {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<Page<{ key: string }>>("webhooks/secrets/?limit=200", signal),
    [api],
  );
  const [loaded] = useLoad(load);
  const seen = loaded.state === "ready" ? loaded.value.results.map((one) => one.key) : [];
  const sent = [destination.url_secret, ...destination.headers.map((header) => header.secret)];
  return [...new Set([...seen, ...sent.filter((key) => key !== null)])].sort();
}

interface Choosing {
  secrets: string[];
  value: string | null;
  onChange: (key: string | null) => void;
  id?: string;
  label?: string;
}

function SecretChoice({ secrets, value, onChange, id, label }: Choosing) {
  return (
    <select
      id={id}
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">None</option>
      {secrets.map((key) => (
        <option key={key} value={key}>
          {key}
        </option>
      ))}
    </select>
  );
}

interface HeadersProps {
  headers: Header[];
  secrets: string[];
  onChange: (headers: Header[]) => void;
}

/** A header is a name, a text, and a secret behind the text: “Bearer ” and the token. */
function Headers({ headers, secrets, onChange }: HeadersProps) {
  const put = (index: number, changes: Partial<Header>) =>
    onChange(headers.map((header, at) => (at === index ? { ...header, ...changes } : header)));
  return (
    <fieldset className="headers">
      <legend>Headers that are sent along</legend>
      {headers.map((header, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a header is told by its place while its name is typed.
        <div key={index} className="header-row">
          <input
            aria-label={`Name of header ${index + 1}`}
            placeholder="Authorization"
            value={header.name}
            required
            maxLength={80}
            spellCheck={false}
            onChange={(event) => put(index, { name: event.target.value })}
          />
          <input
            aria-label={`Text of header ${index + 1}`}
            placeholder="Bearer "
            value={header.text}
            maxLength={1_000}
            spellCheck={false}
            onChange={(event) => put(index, { text: event.target.value })}
          />
          <SecretChoice
            label={`Secret of header ${index + 1}`}
            secrets={secrets}
            value={header.secret}
            onChange={(secret) => put(index, { secret })}
          />
          <button
            type="button"
            className="quiet"
            aria-label={`Take away header ${index + 1}`}
            onClick={() => onChange(headers.filter((_, at) => at !== index))}
          >
            Take away
          </button>
        </div>
      ))}
      <button
        type="button"
        disabled={headers.length >= 20}
        onClick={() => onChange([...headers, { name: "", text: "", secret: null }])}
      >
        Add a header
      </button>
    </fieldset>
  );
}
