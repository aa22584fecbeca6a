import { useCallback } from "react";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Ago } from "../../ui/Ago";
import { day, number } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { type Column, Table } from "../../ui/Table";
import { rate } from "./figures";
import { Schedules } from "./Schedules";
import type { ListedReview, ReviewWeek, Schedule } from "./types";
import { ofWhat } from "./words";
import { zoneQuery } from "./zone";

interface Loaded {
  weeks: ReviewWeek[];
  kept: ListedReview[];
  schedules: Schedule[];
  admin: boolean;
}

/** The reviews that are kept, when they are made, and the weeks that there is something to review of. */
export default function ReviewsPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const [weeks, kept, schedules, me] = await Promise.all([
        api.get<{ results: ReviewWeek[] }>(`reviews/${zoneQuery()}`, signal),
        reviewsOf(api).kept(signal),
        reviewsOf(api).schedules(signal),
        api.me(signal),
      ]);
      return {
        weeks: weeks.results,
        kept: kept.results,
        schedules: schedules.results,
        admin: me.may.set_mode_policies,
      };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <Heading title="Weekly reviews" />
      <Show loaded={loaded} again={again}>
        {({ weeks, kept, schedules, admin }) => (
          <>
            <section aria-labelledby="kept">
              <h2 id="kept">Kept</h2>
              {kept.length === 0 ? (
                <p className="note empty">
                  No review was kept for you yet. One is when its hour has come; it never changes, asks for
                  decisions, and is signed.
                </p>
              ) : (
                <Table label="Kept reviews" columns={KEPT} rows={kept} keyOf={(one) => one.id} />
              )}
            </section>
            <Schedules schedules={schedules} admin={admin} />
            <section aria-labelledby="weeks">
              <h2 id="weeks">Any week, as it stands now</h2>
              {weeks.length === 0 ? (
                <p className="note empty">
                  No run of a workflow that you may see has ended in the last 26 weeks. The first week that
                  one ends in stands here.
                </p>
              ) : (
                <Table label="Weeks" columns={COLUMNS} rows={weeks} keyOf={(one) => one.week} />
              )}
            </section>
          </>
        )}
      </Show>
    </>
  );
}

const KEPT: Column<ListedReview>[] = [
  { name: "Week", cell: (one) => <Link to={`reviews/kept/${one.id}/`}>{one.week}</Link> },
  { name: "Of", cell: (one) => ofWhat(one) },
  { name: "In a sentence", wide: true, cell: (one) => one.headline },
  { name: "Answered", number: true, cell: (one) => `${number(one.answered)} of ${number(one.asked)}` },
  { name: "Signed", cell: (one) => one.signed_by ?? "not yet" },
  { name: "Made", number: true, cell: (one) => <Ago at={one.made_at} /> },
];

const COLUMNS: Column<ReviewWeek>[] = [
  { name: "Week", cell: (one) => <Link to={`reviews/${one.week}/`}>{one.week}</Link> },
  { name: "From", number: true, cell: (one) => day(one.starts) },
  { name: "Succeeded", number: true, cell: (one) => number(one.succeeded) },
  { name: "Failed", number: true, cell: (one) => number(one.failed) },
  { name: "Cancelled", number: true, cell: (one) => number(one.cancelled) },
  { name: "Success rate", number: true, cell: (one) => rate(one.success_rate) },
];
