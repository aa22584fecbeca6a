import { useCallback, useState } from "react";
import { useSite } from "../../app/context";
import { navigate } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { ShareButton } from "../../sharing/ShareButton";
import { Ago } from "../../ui/Ago";
import { CopyButton } from "../../ui/CopyButton";
import { Facts } from "../../ui/Facts";
import { FormDialog } from "../../ui/FormDialog";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Console } from "./Console";
import { EndpointSettings } from "./EndpointSettings";
import { Receipts } from "./Receipts";
import { Secrets } from "./Secrets";
import { sentencesOf, Trouble } from "./Trouble";
import { type Endpoint, SCHEMES } from "./types";
import "./webhooks.css";

/** One endpoint: its address and secrets, what came in, and the console to try it. */
export default function EndpointPage({ endpointKey }: { endpointKey: string }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<Endpoint>(`webhooks/endpoints/${endpointKey}/`, signal),
    [api, endpointKey],
  );
  const [loaded, again] = useLoad(load);
  const [changed, setChanged] = useState<Endpoint | null>(null);
  // What is typed and shown on the page stays while the endpoint is asked for anew.
  const renew = () => void load(new AbortController().signal).then(setChanged, again);
  return (
    <>
      <p className="trail">
        <Link to="webhooks/">Webhooks</Link>
      </p>
      <Show loaded={loaded} again={again}>
        {(first) => <Shown endpoint={changed ?? first} onChanged={renew} />}
      </Show>
    </>
  );
}

function Shown({ endpoint, onChanged }: { endpoint: Endpoint; onChanged: () => void }) {
  const { api, home } = useSite();
  const [deleting, setDeleting] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);
  const remove = async () => {
    await api.send("DELETE", `webhooks/endpoints/${endpoint.key}/`, undefined);
    navigate(`${home}webhooks/`);
  };
  const switchTo = (is_enabled: boolean) => {
    setTrouble([]);
    api
      .send("PATCH", `webhooks/endpoints/${endpoint.key}/`, { is_enabled })
      .then(onChanged, (error: unknown) => setTrouble(sentencesOf(error)));
  };
  return (
    <>
      <Heading title={endpoint.name}>
        {endpoint.may_change && (
          <p className="actions">
            <ShareButton thing={`webhooks/endpoints/${endpoint.key}`} name={endpoint.name} />
            <button type="button" onClick={() => switchTo(!endpoint.is_enabled)}>
              {endpoint.is_enabled ? "Switch off" : "Switch on"}
            </button>
            <button type="button" onClick={() => setDeleting(true)}>
              Delete…
            </button>
          </p>
        )}
      </Heading>
      {deleting && (
        <FormDialog
          title={`Delete “${endpoint.name}”?`}
          button="Delete the endpoint"
          onDo={remove}
          onClose={() => setDeleting(false)}
        >
          <p>
            Its address and its secrets end at once and can’t be brought back. What has come in stays, and its
            key can’t be used again.
          </p>
        </FormDialog>
      )}
      <Trouble sentences={trouble} />
      {!endpoint.is_enabled && (
        <p className="problem">Switched off: the address answers as if it did not exist.</p>
      )}
      <Facts
        facts={[
          ["Key", endpoint.key],
          ["Signed as", SCHEMES[endpoint.scheme] ?? endpoint.scheme],
          ["Events", `webhook.${endpoint.key}.…`],
          ["Module", endpoint.module ?? "none"],
          ["Owner", endpoint.owner ?? "nobody"],
          ["Last accepted", <Ago key="last" at={endpoint.last_accepted_at} />],
        ]}
      />
      {endpoint.address !== null && <Address endpoint={endpoint} onChanged={onChanged} />}
      {endpoint.scheme !== "unsigned" && <Secrets endpoint={endpoint} onChanged={onChanged} />}
      {endpoint.may_change && <EndpointSettings endpoint={endpoint} onChanged={onChanged} />}
      {endpoint.may_change && endpoint.can_sign && <Console endpoint={endpoint} />}
      <Receipts endpoint={endpoint.key} />
    </>
  );
}

function Address({ endpoint, onChanged }: { endpoint: Endpoint; onChanged: () => void }) {
  const { api } = useSite();
  const [asking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<string[]>([]);
  const renew = () => {
    setAsking(false);
    api
      .send("POST", `webhooks/endpoints/${endpoint.key}/address/`, {})
      .then(onChanged, (error: unknown) => setTrouble(sentencesOf(error)));
  };
  return (
    <section aria-labelledby="address">
      <h2 id="address">Address</h2>
      <p className="copyable">
        <code>{endpoint.address}</code>
        <CopyButton text={endpoint.address ?? ""} label="Copy the address" />
        {!asking && (
          <button type="button" className="quiet" onClick={() => setAsking(true)}>
            New address…
          </button>
        )}
      </p>
      {asking && (
        <div className="problem">
          <p>The old address ends at once: the sender has to be told of the new one.</p>
          <p className="actions">
            <button type="button" onClick={renew}>
              Make a new address
            </button>
            <button type="button" className="quiet" onClick={() => setAsking(false)}>
              Keep it
            </button>
          </p>
        </div>
      )}
      <Trouble sentences={trouble} />
    </section>
  );
}
