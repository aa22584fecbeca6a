import { useCallback, useState } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { ShareButton } from "../../sharing/ShareButton";
import { Ago } from "../../ui/Ago";
import { Facts } from "../../ui/Facts";
import { FormDialog } from "../../ui/FormDialog";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { useNow } from "../../ui/useNow";
import { ShownOnce } from "../webhooks/ShownOnce";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { Deliveries } from "./Deliveries";
import { Missed } from "./Missed";
import { DestinationSettings } from "./Settings";
import { Subscriptions } from "./Subscriptions";
import { Tested } from "./Tested";
import { type Destination, FORMATS, healthOf } from "./types";
import "../webhooks/webhooks.css";

/** One destination: how it has been, what it sends along, and every delivery. */
export default function DestinationPage({ destinationKey }: { destinationKey: string }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<Destination>(`webhooks/destinations/${destinationKey}/`, signal),
    [api, destinationKey],
  );
  const [loaded, again] = useLoad(load);
  const [changed, setChanged] = useState<Destination | null>(null);
  return (
    <>
      <p className="trail">
        <Link to="webhooks/">Webhooks</Link> <Link to="webhooks/destinations/">Destinations</Link>
      </p>
      <Show loaded={loaded} again={again}>
        {(first) => <Shown destination={changed ?? first} onChanged={setChanged} />}
      </Show>
    </>
  );
}

interface Showing {
  destination: Destination;
  onChanged: (destination: Destination) => void;
}

function Shown({ destination, onChanged }: Showing) {
  const { api } = useSite();
  const now = useNow(destination.open_until !== null);
  const [trouble, setTrouble] = useState<string[]>([]);
  const mayChange = destination.rights.includes("change");
  const enabled = destination.state === "enabled";
  const [disabling, setDisabling] = useState(false);
  const [tested, setTested] = useState<number | null>(null);
  const [turn, setTurn] = useState(0);
  const path = `webhooks/destinations/${destination.key}/`;
  const attempt = <Value,>(work: Promise<Value>, done: (value: Value) => void) => {
    setTrouble([]);
    work.then(done, (error: unknown) => setTrouble(sentencesOf(error)));
  };
  const enable = () => attempt(api.send<Destination>("POST", `${path}enable/`, {}), onChanged);
  const refresh = useCallback(
    () => api.get<Destination>(path).then(onChanged, () => undefined), // what is shown was true a moment ago
    [api, path, onChanged],
  );
  const over = useCallback(() => {
    setTurn((now) => now + 1);
    void refresh();
  }, [refresh]);
  const test = () =>
    attempt(api.send<{ delivery: number }>("POST", `${path}test/`, {}), (made) => setTested(made.delivery));
  return (
    <>
      <Heading title={destination.name}>
        <p className="actions">
          {destination.rights.includes("use") && enabled && (
            <button type="button" onClick={test}>
              Send a test
            </button>
          )}
          {mayChange && (
            <>
              <ShareButton thing={`webhooks/destinations/${destination.key}`} name={destination.name} />
              {enabled ? (
                <button type="button" onClick={() => setDisabling(true)}>
                  Disable…
                </button>
              ) : (
                <button type="button" onClick={enable}>
                  Enable
                </button>
              )}
            </>
          )}
        </p>
      </Heading>
      {disabling && (
        <Disable destination={destination} onDone={onChanged} onClose={() => setDisabling(false)} />
      )}
      <Trouble sentences={trouble} />
      {tested !== null && <Tested key={`test-${tested}`} delivery={tested} onOver={over} />}
      {!enabled && (
        <p className="problem">
          Disabled: nothing is sent here, and steps that would send fail at once.{" "}
          {destination.disabled_reason}
        </p>
      )}
      <Missed destination={destination} />
      <Facts
        facts={[
          ["State", healthOf(destination, now)],
          ["Takes", FORMATS[destination.format]],
          ["Address", <Address key="address" destination={destination} />],
          ["Pace", `${destination.concurrency} at a time, ${destination.rate} a minute`],
          ["Order", destination.ordered ? "kept for each record" : "not kept"],
          ["Attempts", `${destination.max_attempts} at most, of ${destination.timeout_seconds} s each`],
          ["Failing since", <Ago key="since" at={destination.failing_since} />],
          ["Owner", destination.owner ?? "nobody"],
          ["Key", destination.key],
        ]}
      />
      {destination.headers.length > 0 && <Headers destination={destination} />}
      {mayChange && <DestinationSettings destination={destination} onChanged={onChanged} />}
      {destination.format === "webhook" && (
        <Signing destination={destination} mayChange={mayChange} onRotated={refresh} />
      )}
      <Subscriptions destination={destination} />
      <Deliveries key={turn} destination={destination.key} />
    </>
  );
}

interface Disabling {
  destination: Destination;
  onDone: (destination: Destination) => void;
  onClose: () => void;
}

function Disable({ destination, onDone, onClose }: Disabling) {
  const { api } = useSite();
  const [reason, setReason] = useState("");
  const disable = async () =>
    onDone(
      await api.send<Destination>("POST", `webhooks/destinations/${destination.key}/disable/`, { reason }),
    );
  return (
    <FormDialog title={`Disable “${destination.name}”?`} button="Disable it" onDo={disable} onClose={onClose}>
      <p>
        What waits to be sent fails now, and steps that would send fail at once. It can be sent anew
        afterwards.
      </p>
      <label className="block">
        Why
        <input value={reason} maxLength={300} onChange={(event) => setReason(event.target.value)} />
      </label>
    </FormDialog>
  );
}

/** A secret stands as its name. */
function Address({ destination: { url, url_secret } }: { destination: Destination }) {
  return (
    <code>
      {url}
      {url_secret !== null && `‹${url_secret}›`}
    </code>
  );
}

function Headers({ destination }: { destination: Destination }) {
  return (
    <section aria-labelledby="headers">
      <h2 id="headers">Sent along</h2>
      <ul className="plain secrets">
        {destination.headers.map((header) => (
          <li key={header.name}>
            <code>
              {header.name}: {header.text}
              {header.secret !== null && `‹${header.secret}›`}
            </code>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Signed {
  destination: Destination;
  mayChange: boolean;
  onRotated: () => Promise<void>;
}

function Signing({ destination, mayChange, onRotated }: Signed) {
  const { api } = useSite();
  const [hours, setHours] = useState("24");
  const [secret, setSecret] = useState("");
  const [trouble, setTrouble] = useState<string[]>([]);
  const [newest, ...older] = destination.signing_keys;
  const rotate = () => {
    setTrouble([]);
    api
      .send<{ signing_secret: string }>("POST", `webhooks/destinations/${destination.key}/rotate/`, {
        overlap_hours: Number(hours),
      })
      .then(
        (made) => {
          setSecret(made.signing_secret);
          return onRotated();
        },
        (error: unknown) => setTrouble(sentencesOf(error)),
      );
  };
  return (
    <section aria-labelledby="signing">
      <h2 id="signing">Signing secret</h2>
      <p>
        Made <Ago at={newest?.created_at ?? null} />
        {older.some((key) => key.expires_at !== null) && "; the one before it still signs beside it"}.
      </p>
      {mayChange && (
        <p className="actions">
          <label>
            The old one still signs for{" "}
            <select value={hours} onChange={(event) => setHours(event.target.value)}>
              <option value="0">no time (it has leaked)</option>
              <option value="1">an hour</option>
              <option value="24">a day</option>
              <option value="168">a week</option>
            </select>
          </label>
          <button type="button" onClick={rotate}>
            Make a new secret
          </button>
        </p>
      )}
      {secret !== "" && <ShownOnce secret={secret} to="receiver" />}
      <Trouble sentences={trouble} />
    </section>
  );
}
