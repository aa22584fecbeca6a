import { useMake } from "../../app/useMake";
import { usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { Places } from "./Places";
import { type Endpoint, SCHEMES } from "./types";
import "./webhooks.css";

/** The addresses that other systems post to. */
export default function EndpointsPage() {
  const mayCreate = useMake("endpoint");
  const pages = usePages<Endpoint>("webhooks/endpoints/");
  return (
    <>
      <Places />
      <Heading title="Webhooks">
        {mayCreate && (
          <p className="actions">
            <Link className="button" to="webhooks/new/">
              New endpoint
            </Link>
          </p>
        )}
      </Heading>
      <p className="note">
        An endpoint is an address that one other system posts to. What it accepts is an event, and workflows
        that begin with the trigger “Webhook” start from it.
      </p>
      <Paged pages={pages} what="endpoints" empty={<NoEndpoint />}>
        {(endpoints, stale) => (
          <Table
            label="Endpoints"
            columns={COLUMNS}
            rows={endpoints}
            keyOf={(endpoint) => endpoint.key}
            stale={stale}
          />
        )}
      </Paged>
    </>
  );
}

function NoEndpoint() {
  return (
    <div className="note empty">
      <p>There is no endpoint yet, or none that you may see.</p>
      <p>
        Make one for each system that shall tell you of things: a shop, a monitor, GitHub, Stripe. Each has an
        address and a secret of its own, so that one can be closed without the others.
      </p>
    </div>
  );
}

const COLUMNS: Column<Endpoint>[] = [
  {
    name: "Name",
    cell: (endpoint) => <Link to={`webhooks/endpoints/${endpoint.key}/`}>{endpoint.name}</Link>,
  },
  { name: "Key", cell: (endpoint) => endpoint.key },
  { name: "Signed as", cell: (endpoint) => SCHEMES[endpoint.scheme] ?? endpoint.scheme },
  { name: "State", cell: (endpoint) => (endpoint.is_enabled ? "open" : "switched off") },
  { name: "Module", cell: (endpoint) => endpoint.module ?? "–" },
  { name: "Owner", cell: (endpoint) => endpoint.owner ?? "nobody" },
  { name: "Last accepted", number: true, cell: (endpoint) => <Ago at={endpoint.last_accepted_at} /> },
];
