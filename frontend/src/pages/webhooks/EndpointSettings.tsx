import { type FormEvent, useState } from "react";
import { useSite } from "../../app/context";
import { sentencesOf, Trouble } from "./Trouble";
import type { Endpoint } from "./types";

interface Props {
  endpoint: Endpoint;
  onChanged: () => void;
}

const TEXTS = [
  ["name", "Name"],
  ["type_path", "Where the body names the type (empty: as the scheme says)"],
  ["record_path", "Where the body names the record, such as order.number"],
  ["dedupe_path", "Where the body names what must happen once"],
] as const;
const NUMBERS = [
  ["tolerance_seconds", "Seconds that a signed time may be off", 3_600],
  ["max_body", "Bytes of a body", 1_048_576],
  ["rate_per_minute", "Requests let in per minute, by all web processes together", 600_000],
] as const;

/** What requests are held against. */
export function EndpointSettings({ endpoint, onChanged }: Props) {
  const { api } = useSite();
  const [values, setValues] = useState<Endpoint>(endpoint);
  const [networks, setNetworks] = useState(endpoint.allowed_networks.join("\n"));
  const [contract, setContract] = useState(JSON.stringify(endpoint.contract, null, 2));
  const [trouble, setTrouble] = useState<string[]>([]);
  const [said, setSaid] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTrouble([]);
    setSaid("");
    let schema: unknown;
    try {
      schema = JSON.parse(contract.trim() || "{}");
    } catch {
      setTrouble(["The contract is no JSON. Write a JSON Schema, or {} for any object."]);
      return;
    }
    const { name, type_path, record_path, dedupe_path, tolerance_seconds, max_body, rate_per_minute } =
      values;
    const body = {
      ...{ name, type_path, record_path, dedupe_path, tolerance_seconds, max_body, rate_per_minute },
      allowed_networks: networks.split(/[\s,]+/).filter((one) => one !== ""),
      contract: schema,
    };
    api.send("PATCH", `webhooks/endpoints/${endpoint.key}/`, body).then(
      () => {
        setSaid("Saved.");
        onChanged();
      },
      (error: unknown) => setTrouble(sentencesOf(error)),
    );
  };
  return (
    <details className="settings">
      <summary>Settings</summary>
      <form className="webhook-form" onSubmit={submit}>
        {TEXTS.map(([field, label]) => (
          <label key={field} className="block">
            {label}
            <input
              value={values[field]}
              required={field === "name"}
              onChange={(event) => setValues({ ...values, [field]: event.target.value })}
            />
          </label>
        ))}
        {NUMBERS.map(([field, label, most]) => (
          <label key={field} className="block">
            {label}
            <input
              type="number"
              min={1}
              max={most}
              required
              value={values[field]}
              onChange={(event) => setValues({ ...values, [field]: Number(event.target.value) })}
            />
          </label>
        ))}
        <label className="block">
          Addresses and networks that may send, one a line (empty: all)
          <textarea
            className="code"
            rows={3}
            value={networks}
            placeholder="203.0.113.0/24"
            onChange={(event) => setNetworks(event.target.value)}
          />
        </label>
        <label className="block">
          Contract: a JSON Schema that the body must meet
          <textarea
            className="code"
            rows={6}
            value={contract}
            spellCheck={false}
            onChange={(event) => setContract(event.target.value)}
          />
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
