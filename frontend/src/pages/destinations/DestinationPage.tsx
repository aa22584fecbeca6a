import { useCallback, useState } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Ago } from "../../ui/Ago";
import { Facts } from "../../ui/Facts";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { useNow } from "../../ui/useNow";
import { ShownOnce } from "../webhooks/ShownOnce";
import { sentencesOf, Trouble } from "../webhooks/Trouble";
import { Deliveries } from "./Deliveries";
import { Subscriptions } from "./Subscriptions";
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
  const turn = () => {
    setTrouble([]);
    api
      .send<Destination>(
        "POST",
        `webhooks/destinations/${destination.key}/${enabled ? "disable" : "enable"}/`,
        {},
      )
      .then(onChanged, (error: unknown) => setTrouble(sentencesOf(error)));
  };
  return (
    <>
      <Heading title={destination.name}>
        {mayChange && (
          <p className="actions">
            <button type="button" onClick={turn}>
              {enabled ? "Disable" : "Enable"}
            </button>
          </p>
        )}
      </Heading>
      <Trouble sentences={trouble} />
      {!enabled && (
        <p className="problem">
          Disabled: nothing is sent here, and steps that would send fail at once.{" "}
          {destination.disabled_reason}
        </p>
      )}
      <Facts
        facts={[
          ["State", healthOf(destination, now)],
          ["Takes", FORMATS[destination.format]],
          ["Address", <Address key="address" destination={destination} />],
          ["Pace", `${destination.concurrency} at a time, ${destination.rate} a minute`],
          ["Order", destination.ordered ? "kept for each record" : "not kept"],
          ["Attempts", `${destination.max_attempts} at most`],
          ["Failing since", <Ago key="since" at={destination.failing_since} />],
          ["Owner", destination.owner ?? "nobody"],
          ["Key", destination.key],
        ]}
      />
      {destination.headers.length > 0 && <Headers destination={destination} />}
      {destination.format === "webhook" && <Signing destination={destination} mayChange={mayChange} />}
      <Subscriptions destination={destination} />
      <Deliveries destination={destination.key} />
    </>
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
      <ul className="secrets">
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

function Signing({ destination, mayChange }: { destination: Destination; mayChange: boolean }) {
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
        (made) => setSecret(made.signing_secret),
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
      {secret !== "" && <ShownOnce secret={secret} />}
      <Trouble sentences={trouble} />
    </section>
  );
}
