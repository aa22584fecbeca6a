import { type FormEvent, useState } from "react";
import { useSite } from "../../app/context";
import { navigate } from "../../app/router";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { HostsField, ValueField } from "./fields";
import { endOf, hostsOf, type StoredSecret } from "./types";
import "../webhooks/webhooks.css";

/** Keep a token of another system: typed here, and seen nowhere afterwards. */
export default function NewSecretPage() {
  const { api, home } = useSite();
  const [key, setKey] = useState("");
  const [description, setDescription] = useState("");
  const [value, setValue] = useState("");
  const [hosts, setHosts] = useState("");
  const [day, setDay] = useState("");
  const [trouble, setTrouble] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble([]);
    const body = { key, description, value, hosts: hostsOf(hosts), expires_at: endOf(day) };
    api.send<StoredSecret>("POST", "webhooks/secrets/", body).then(
      () => navigate(`${home}webhooks/secrets/${key}/`),
      (error: unknown) => {
        setTrouble(sentencesOf(error));
        setBusy(false);
      },
    );
  };
  return (
    <>
      <p className="trail">
        <Link to="webhooks/">Webhooks</Link> <Link to="webhooks/secrets/">Secrets</Link>
      </p>
      <Heading title="New secret" />
      <form className="webhook-form" onSubmit={submit}>
        <label className="block">
          Name (what destinations name it by; it stays)
          <input
            value={key}
            required
            maxLength={80}
            pattern="[A-Za-z0-9_\-]+"
            title="Letters, digits, “-” and “_”"
            placeholder="crm-token"
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <label className="block">
          What it is for
          <input
            value={description}
            maxLength={300}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <ValueField label="Value (never shown again)" value={value} onChange={setValue} />
        <HostsField value={hosts} onChange={setHosts} />
        <label className="block">
          Expires on (leave it empty where it doesn’t; you are told two weeks before)
          <input type="date" value={day} onChange={(event) => setDay(event.target.value)} />
        </label>
        <Trouble sentences={trouble} />
        <p className="actions">
          <button type="submit" className="primary" disabled={busy}>
            Keep the secret
          </button>
        </p>
      </form>
    </>
  );
}
