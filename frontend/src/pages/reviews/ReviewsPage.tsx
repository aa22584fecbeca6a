import { useCallback } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { day, number } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { type Column, Table } from "../../ui/Table";
import { rate } from "./figures";
import type { ReviewWeek } from "./types";
import { zoneQuery } from "./zone";

/** The weeks that there is something to review of. */
export default function ReviewsPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) =>
      (await api.get<{ results: ReviewWeek[] }>(`reviews/${zoneQuery()}`, signal)).results,
    [api],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <Heading title="Weekly reviews" />
      <Show loaded={loaded} again={again}>
        {(weeks) =>
          weeks.length === 0 ? (
            <p className="note empty">
              No run of a workflow that you may see has ended in the last 26 weeks. The first week that one
              ends in stands here.
            </p>
          ) : (
            <Table label="Weeks" columns={COLUMNS} rows={weeks} keyOf={(one) => one.week} />
          )
        }
      </Show>
    </>
  );
}

const COLUMNS: Column<ReviewWeek>[] = [
  { name: "Week", cell: (one) => <Link to={`reviews/${one.week}/`}>{one.week}</Link> },
  { name: "From", number: true, cell: (one) => day(one.starts) },
  { name: "Succeeded", number: true, cell: (one) => number(one.succeeded) },
  { name: "Failed", number: true, cell: (one) => number(one.failed) },
  { name: "Cancelled", number: true, cell: (one) => number(one.cancelled) },
  { name: "Success rate", number: true, cell: (one) => rate(one.success_rate) },
];
