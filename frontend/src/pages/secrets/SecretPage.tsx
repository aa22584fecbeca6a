import { type FormEvent, useCallback, useState } from "react";
import { useSite } from "../../app/context";
import { navigate } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { ShareButton } from "../../sharing/ShareButton";
import { Ago } from "../../ui/Ago";
import { Facts } from "../../ui/Facts";
import { FormDialog } from "../../ui/FormDialog";
import { dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { Expiry } from "./Expiry";
import { HostsField, ValueField } from "./fields";
import { UsedBy } from "./SecretsPage";
import { dayOf, endOf, hostsOf, type StoredSecret } from "./types";
import "../webhooks/webhooks.css";

/** One secret: where it may go, who sends it, and setting it anew. Its value is on no page. */
export default function SecretPage({ secretKey }: { secretKey: string }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<StoredSecret>(`webhooks/secrets/${secretKey}/`, signal),
    [api, secretKey],
  );
  const [loaded, again] = useLoad(load);
  const [changed, setChanged] = useState<StoredSecret | null>(null);
  const renew = () => load(new AbortController().signal).then(setChanged, again);
  return (
    <>
      <p className="trail">
        <Link to="webhooks/">Webhooks</Link> <Link to="webhooks/secrets/">Secrets</Link>
      </p>
      <Show loaded={loaded} again={again}>
        {(first) => <Shown secret={changed ?? first} onChanged={renew} />}
      </Show>
    </>
  );
}

interface Showing {
  secret: StoredSecret;
  onChanged: () => Promise<void>;
}

function Shown({ secret, onChanged }: Showing) {
  const { api, home } = useSite();
  const [deleting, setDeleting] = useState(false);
  const mayChange = secret.rights.includes("change");
  const used = secret.used_by.length + secret.used_elsewhere > 0;
  const forget = async () => {
    await api.send("DELETE", `webhooks/secrets/${secret.key}/`, undefined);
    navigate(`${home}webhooks/secrets/`);
  };
  return (
    <>
      <Heading title={secret.key}>
        {mayChange && (
          <p className="actions">
            <ShareButton thing={`webhooks/secrets/${secret.key}`} name={secret.key} />
            <button type="button" disabled={used} onClick={() => setDeleting(true)}>
              Delete…
            </button>
          </p>
        )}
      </Heading>
      {secret.description !== "" && <p>{secret.description}</p>}
      <Facts
        facts={[
          ["Sent by", <UsedBy key="used" secret={secret} />],
          ["Last sent", <Ago key="sent" at={secret.last_used_at} />],
          ["Value set", <Ago key="set" at={secret.changed_at} />],
          ["Expires", <Expiry key="expires" at={secret.expires_at} />],
          ["Owner", secret.owner ?? "nobody"],
        ]}
      />
      {mayChange && used && <p className="note">It can be deleted when no destination sends it any more.</p>}
      {mayChange && <Value secret={secret} onChanged={onChanged} />}
      {mayChange ? <Settings secret={secret} onChanged={onChanged} /> : <Hosts secret={secret} />}
      {deleting && (
        <FormDialog
          title={`Delete “${secret.key}”?`}
          button="Delete the secret"
          onDo={forget}
          onClose={() => setDeleting(false)}
        >
          <p>Nobody can bring its value back. Where it was given out it still counts: end it there, too.</p>
        </FormDialog>
      )}
    </>
  );
}

function Hosts({ secret }: { secret: StoredSecret }) {
  return (
    <section aria-labelledby="hosts">
      <h2 id="hosts">May be sent to</h2>
      <ul>
        {secret.hosts.map((host) => (
          <li key={host}>
            <code>{host}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A new value in the place of the old one, which can be taken back for a while. */
function Value({ secret, onChanged }: Showing) {
  const { api } = useSite();
  const [value, setValue] = useState("");
  const [hours, setHours] = useState("24");
  const [day, setDay] = useState("");
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState<string[]>([]);
  const act = (work: Promise<unknown>, word: string) => {
    setTrouble([]);
    setSaid("");
    work.then(onChanged).then(
      () => {
        setValue("");
        setDay("");
        setSaid(word);
      },
      (error: unknown) => setTrouble(sentencesOf(error)),
    );
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { value, overlap_hours: Number(hours), expires_at: endOf(day) };
    act(api.send("PUT", `webhooks/secrets/${secret.key}/value/`, body), "Set. Calls from now on send it.");
  };
  const takeBack = () =>
    act(
      api.send("POST", `webhooks/secrets/${secret.key}/value/take-back/`, {}),
      "Taken back. Calls from now on send the value before.",
    );
  return (
    <section aria-labelledby="value">
      <h2 id="value">Value</h2>
      {secret.kept_until !== null && (
        <div className="shown-once">
          <p>The value before this one is kept until {dateTime(secret.kept_until)}.</p>
          <p className="actions">
            <button type="button" onClick={takeBack}>
              Take the value before back
            </button>
          </p>
        </div>
      )}
      <form className="webhook-form" onSubmit={submit}>
        <ValueField label="New value (never shown again)" value={value} onChange={setValue} />
        <label className="block">
          The one before can be taken back for
          <select value={hours} onChange={(event) => setHours(event.target.value)}>
            <option value="0">no time (it has leaked)</option>
            <option value="1">an hour</option>
            <option value="24">a day</option>
            <option value="168">a week</option>
          </select>
        </label>
        <label className="block">
          The new one expires on (leave it empty where it doesn’t)
          <input type="date" value={day} onChange={(event) => setDay(event.target.value)} />
        </label>
        <Trouble sentences={trouble} />
        <p className="actions">
          <button type="submit">Set the new value</button>
          <span role="status">{said}</span>
        </p>
      </form>
    </section>
  );
}

function Settings({ secret, onChanged }: Showing) {
  const { api } = useSite();
  const [description, setDescription] = useState(secret.description);
  const [hosts, setHosts] = useState(secret.hosts.join("\n"));
  const [day, setDay] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState<string[]>([]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTrouble([]);
    setSaid("");
    const dated = day === null ? {} : { expires_at: endOf(day) };
    api
      .send("PATCH", `webhooks/secrets/${secret.key}/`, { description, hosts: hostsOf(hosts), ...dated })
      .then(onChanged)
      .then(
        () => {
          setDay(null);
          setSaid("Saved.");
        },
        (error: unknown) => setTrouble(sentencesOf(error)),
      );
  };
  return (
    <section aria-labelledby="settings">
      <h2 id="settings">Where it may go</h2>
      <form className="webhook-form" onSubmit={submit}>
        <HostsField value={hosts} onChange={setHosts} />
        <label className="block">
          What it is for
          <input
            value={description}
            maxLength={300}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <label className="block">
          Expires on
          <input
            type="date"
            value={day ?? dayOf(secret.expires_at)}
            onChange={(event) => setDay(event.target.value)}
          />
        </label>
        <Trouble sentences={trouble} />
        <p className="actions">
          <button type="submit">Save</button>
          <span role="status">{said}</span>
        </p>
      </form>
    </section>
  );
}
