import { type FormEvent, useState } from "react";
import { useSite } from "../../app/context";
import { useOptions } from "../../app/useOptions";
import { keyFrom } from "../../policies/keys";
import { CopyButton } from "../../ui/CopyButton";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { ShownOnce } from "./ShownOnce";
import { sentencesOf, Trouble } from "./Trouble";
import { GIVEN_SECRET, type NewEndpoint, SCHEMES } from "./types";
import "./webhooks.css";

/** Open an address for another system; its secret is shown here and nowhere else. */
export default function NewEndpointPage() {
  const [made, setMade] = useState<NewEndpoint | null>(null);
  return (
    <>
      <p className="trail">
        <Link to="webhooks/">Webhooks</Link>
      </p>
      <Heading title={made === null ? "New endpoint" : `“${made.name}” is open`} />
      {made === null ? <Form onMade={setMade} /> : <Made endpoint={made} />}
    </>
  );
}

function Made({ endpoint }: { endpoint: NewEndpoint }) {
  return (
    <div className="webhook-form">
      <h2>Address</h2>
      <p className="copyable">
        <code>{endpoint.address}</code>
        <CopyButton text={endpoint.address ?? ""} label="Copy the address" />
      </p>
      {endpoint.secret !== null && <ShownOnce secret={endpoint.secret} to="sender" />}
      <p className="actions">
        <Link className="button" to={`webhooks/endpoints/${endpoint.key}/`}>
          Go on to the endpoint
        </Link>
      </p>
    </div>
  );
}

function Form({ onMade }: { onMade: (endpoint: NewEndpoint) => void }) {
  const { api } = useSite();
  const { modules } = useOptions();
  const [name, setName] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const [scheme, setScheme] = useState("standard");
  const [secret, setSecret] = useState("");
  const [module, setModule] = useState("");
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const given = GIVEN_SECRET.includes(scheme);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const body = {
      key: (key ?? keyFrom(name)).slice(0, 40),
      name,
      scheme,
      ...(secret === "" || scheme === "unsigned" ? {} : { secret }),
      ...(module === "" ? {} : { module }),
      ...(scheme === "unsigned" ? { reason } : {}),
    };
    api.send<NewEndpoint>("POST", "webhooks/endpoints/", body).then(onMade, (error: unknown) => {
      setTrouble(sentencesOf(error));
      setBusy(false);
    });
  };
  return (
    <form className="webhook-form" onSubmit={submit}>
      <label className="block">
        Name
        <input value={name} required maxLength={120} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="block">
        Key (it stays; the type of its events begins with it)
        <input
          value={key ?? keyFrom(name).slice(0, 40)}
          required
          maxLength={40}
          pattern="[a-z0-9_\-]+"
          title="Small letters, digits, “-” and “_”"
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <label className="block">
        How its sender signs
        <select value={scheme} onChange={(event) => setScheme(event.target.value)}>
          {Object.entries(SCHEMES).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {scheme === "unsigned" ? (
        <label className="block">
          Why it has to be unsigned (anybody who learns the address is believed; it is kept in the trail)
          <input
            value={reason}
            required
            maxLength={300}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
      ) : (
        <label className="block">
          {scheme === "standard_key"
            ? "The sender’s public key (whpk_…)"
            : given
              ? "Secret (the sender shows it to you)"
              : "Secret (leave it empty, and one is made)"}
          <input
            value={secret}
            required={given}
            maxLength={600}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setSecret(event.target.value)}
          />
        </label>
      )}
      <label className="block">
        Module (if what comes is about records)
        <select value={module} onChange={(event) => setModule(event.target.value)}>
          <option value="">None</option>
          {modules.map((one) => (
            <option key={one.key} value={one.key}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <Trouble sentences={trouble} />
      <p className="actions">
        <button type="submit" className="primary" disabled={busy}>
          Open the endpoint
        </button>
      </p>
    </form>
  );
}
