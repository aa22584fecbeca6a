import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { RunList } from "./RunList";

export function RunsPage() {
  return (
    <>
      <Heading title="Runs">
        <Link className="button quiet" to="backfills/">
          Backfills
        </Link>
      </Heading>
      <RunList />
    </>
  );
}
