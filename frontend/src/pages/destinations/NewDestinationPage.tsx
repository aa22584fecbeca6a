import { type FormEvent, useCallback, useState } from "react";
import type { Page } from "../../api/types";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { keyFrom } from "../../policies/keys";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { ShownOnce } from "../webhooks/ShownOnce";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { type Destination, FORMATS, type NewDestination } from "./types";
import "../webhooks/webhooks.css";

/** An address outside for workflows to send to; its signing secret is shown here and nowhere else. */
export default function NewDestinationPage() {
  const [made, setMade] = useState<NewDestination | null>(null);
  return (
    <>
      <p className="trail">
        <Link to="webhooks/">Webhooks</Link> <Link to="webhooks/destinations/">Destinations</Link>
      </p>
      <Heading title={made === null ? "New destination" : `“${made.name}” can be sent to`} />
      {made === null ? <Form onMade={setMade} /> : <Made destination={made} />}
    </>
  );
}

function Made({ destination }: { destination: NewDestination }) {
  return (
    <div className="webhook-form">
      {destination.signing_secret !== null && <ShownOnce secret={destination.signing_secret} to="receiver" />}
      <p className="actions">
        <Link className="button" to={`webhooks/destinations/${destination.key}/`}>
          Go on to the destination
        </Link>
      </p>
    </div>
  );
}

function Form({ onMade }: { onMade: (destination: NewDestination) => void }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<Page<{ key: string }>>("webhooks/secrets/", signal),
    [api],
  );
  const [loaded] = useLoad(load);
  const secrets = loaded.state === "ready" ? loaded.value.results : [];
  const [name, setName] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const [format, setFormat] = useState<Destination["format"]>("webhook");
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const signed = format === "webhook";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const sent = signed
      ? { headers: [{ name: "Authorization", text: "Bearer ", secret }] }
      : { url_secret: secret };
    const body = { key: key ?? keyFrom(name), name, url, format, ...(secret === "" ? {} : sent) };
    api.send<NewDestination>("POST", "webhooks/destinations/", body).then(onMade, (error: unknown) => {
      setTrouble(sentencesOf(error));
      setBusy(false);
    });
  };
  return (
    <form className="webhook-form" onSubmit={submit}>
      <label className="block">
        Name
        <input value={name} required maxLength={160} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="block">
        Key (what steps name it by; it stays)
        <input
          value={key ?? keyFrom(name)}
          required
          maxLength={80}
          pattern="[A-Za-z0-9_\-]+"
          title="Letters, digits, “-” and “_”"
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <label className="block">
        What it takes
        <select value={format} onChange={(event) => setFormat(event.target.value as Destination["format"])}>
          {Object.entries(FORMATS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label className="block">
        Address
        <input
          value={url}
          required
          maxLength={2_000}
          inputMode="url"
          spellCheck={false}
          placeholder="https://"
          onChange={(event) => setUrl(event.target.value)}
        />
      </label>
      <label className="block">
        {signed ? "Secret to send along, as Authorization: Bearer …" : "Secret that ends the address"}
        <select value={secret} onChange={(event) => setSecret(event.target.value)}>
          <option value="">None</option>
          {secrets.map((one) => (
            <option key={one.key} value={one.key}>
              {one.key}
            </option>
          ))}
        </select>
      </label>
      <Trouble sentences={trouble} />
      <p className="actions">
        <button type="submit" className="primary" disabled={busy}>
          Make the destination
        </button>
      </p>
    </form>
  );
}
