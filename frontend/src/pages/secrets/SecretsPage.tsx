import { useMake } from "../../app/useMake";
import { usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { Places } from "../webhooks/Places";
import { Expiry } from "./Expiry";
import type { StoredSecret } from "./types";

/** What destinations send along and nobody sees. */
export default function SecretsPage() {
  const mayMake = useMake("secret");
  const pages = usePages<StoredSecret>("webhooks/secrets/");
  return (
    <>
      <Places />
      <Heading title="Secrets">
        {mayMake && (
          <p className="actions">
            <Link className="button" to="webhooks/secrets/new/">
              New secret
            </Link>
          </p>
        )}
      </Heading>
      <p className="note">
        A secret is a token or a password that destinations send along. It goes to its own hosts and nowhere
        else, and no page, log or answer ever shows its value.
      </p>
      <Paged pages={pages} what="secrets" empty={<NoSecret mayMake={mayMake} />}>
        {(secrets, stale) => (
          <Table label="Secrets" columns={COLUMNS} rows={secrets} keyOf={(one) => one.key} stale={stale} />
        )}
      </Paged>
    </>
  );
}

function NoSecret({ mayMake }: { mayMake: boolean }) {
  return (
    <div className="note empty">
      <p>There is no secret yet, or none that you may see.</p>
      <p>
        {mayMake
          ? "Keep one for each token that another system has given you; a destination then names it in a header or at the end of its address."
          : "Whoever builds workflows can keep one; its owner shares it with you."}
      </p>
    </div>
  );
}

const COLUMNS: Column<StoredSecret>[] = [
  { name: "Name", cell: (one) => <Link to={`webhooks/secrets/${one.key}/`}>{one.key}</Link> },
  { name: "Goes to", short: true, cell: (one) => one.hosts.join(", ") },
  { name: "Sent by", cell: (one) => <UsedBy secret={one} /> },
  { name: "Last sent", number: true, cell: (one) => <Ago at={one.last_used_at} /> },
  { name: "Value set", number: true, cell: (one) => <Ago at={one.changed_at} /> },
  { name: "Expires", number: true, cell: (one) => <Expiry at={one.expires_at} /> },
  { name: "Owner", cell: (one) => one.owner ?? "nobody" },
];

/** The destinations that send it, and how many are out of the reader's sight. */
export function UsedBy({ secret: { used_by, used_elsewhere } }: { secret: StoredSecret }) {
  if (used_by.length + used_elsewhere === 0) return "nothing";
  return (
    <>
      {used_by.map((one, index) => (
        <span key={one.key}>
          {index > 0 && ", "}
          <Link to={`webhooks/destinations/${one.key}/`}>{one.name}</Link>
        </span>
      ))}
      {used_elsewhere > 0 && `${used_by.length > 0 ? " and " : ""}${used_elsewhere} out of your sight`}
    </>
  );
}
