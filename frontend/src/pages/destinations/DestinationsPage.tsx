import { useMake } from "../../app/useMake";
import { usePages } from "../../app/usePages";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { useNow } from "../../ui/useNow";
import { Places } from "../webhooks/Places";
import { type Destination, FORMATS, healthOf } from "./types";

/** The addresses outside that workflows send to. */
export default function DestinationsPage() {
  const mayCreate = useMake("destination");
  const pages = usePages<Destination>("webhooks/destinations/");
  return (
    <>
      <Places />
      <Heading title="Destinations">
        {mayCreate && (
          <p className="actions">
            <Link className="button" to="webhooks/destinations/new/">
              New destination
            </Link>
          </p>
        )}
      </Heading>
      <p className="note">
        A destination is an address outside that workflows send to, with its secrets and its pace. What is
        sent is signed, tried again until it is taken, and kept with every attempt.
      </p>
      <Paged pages={pages} what="destinations" empty={<NoDestination mayCreate={mayCreate} />}>
        {(destinations, stale) => (
          <Table
            label="Destinations"
            columns={COLUMNS}
            rows={destinations}
            keyOf={(one) => one.key}
            stale={stale}
          />
        )}
      </Paged>
    </>
  );
}

function NoDestination({ mayCreate }: { mayCreate: boolean }) {
  return (
    <div className="note empty">
      <p>There is no destination yet, or none that you may see.</p>
      <p>
        {mayCreate
          ? "Make one for each system that shall be told of things, and one for each channel of Slack or Teams."
          : "Whoever builds workflows can make one; its owner shares it with you."}
      </p>
    </div>
  );
}

function Health({ destination }: { destination: Destination }) {
  return healthOf(destination, useNow(destination.open_until !== null));
}

const COLUMNS: Column<Destination>[] = [
  { name: "Name", cell: (one) => <Link to={`webhooks/destinations/${one.key}/`}>{one.name}</Link> },
  { name: "Key", cell: (one) => one.key },
  { name: "Takes", cell: (one) => FORMATS[one.format] },
  { name: "State", cell: (one) => <Health destination={one} /> },
  { name: "Address", short: true, cell: (one) => one.url },
  { name: "Owner", cell: (one) => one.owner ?? "nobody" },
];
