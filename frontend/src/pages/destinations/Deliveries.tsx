import { query } from "../../api/client";
import { useSearch } from "../../app/router";
import { mergeNewest, usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { MARKS } from "../../ui/chips";
import { Choice, Filters } from "../../ui/Filters";
import { dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { ResendMany } from "./ResendMany";
import { type Delivery, markOf, STATES } from "./types";

/** What was sent to a destination, newest first; new ones arrive by themselves. */
export function Deliveries({ destination }: { destination: string }) {
  const [search, change] = useSearch();
  const state = search.state ?? "";
  const pages = usePages<Delivery>(`webhooks/deliveries/${query({ destination, state })}`, mergeNewest);
  return (
    <section aria-labelledby="deliveries">
      <h2 id="deliveries">Deliveries</h2>
      <Filters>
        <Choice label="State" name="state" options={Object.entries(STATES)} />
      </Filters>
      <ResendMany destination={destination} onChanged={pages.again} />
      <Paged
        pages={pages}
        what="deliveries"
        empty={
          <div className="note empty">
            {state === "" ? (
              <p>
                Nothing has been sent here yet. Give a workflow the step “Call webhook” or “Chat message”, and
                choose this destination in it.
              </p>
            ) : (
              <>
                <p>No delivery is in this state.</p>
                <button type="button" onClick={() => change({ state: "" })}>
                  Show all
                </button>
              </>
            )}
          </div>
        }
      >
        {(deliveries, stale) => (
          <Table
            label="What was sent"
            columns={COLUMNS}
            rows={deliveries}
            keyOf={(delivery) => delivery.id}
            stale={stale}
          />
        )}
      </Paged>
    </section>
  );
}

export function StateMark({ state }: { state: Delivery["state"] }) {
  const mark = markOf(state);
  return (
    <span className={`status status-${mark}`}>
      <span aria-hidden="true">{MARKS[mark]}</span> {STATES[state]}
    </span>
  );
}

const COLUMNS: Column<Delivery>[] = [
  { name: "Type", cell: (one) => <Link to={`webhooks/deliveries/${one.id}/`}>{one.type}</Link> },
  { name: "State", cell: (one) => <StateMark state={one.state} /> },
  { name: "Attempts", number: true, cell: (one) => one.attempts },
  { name: "Answer", number: true, cell: (one) => one.status ?? "–" },
  { name: "Next attempt", number: true, cell: (one) => dateTime(one.next_attempt_at) },
  { name: "Run", cell: ({ run }) => (run === null ? "–" : <Link to={`runs/${run}/`}>{run}</Link>) },
  { name: "Made", number: true, cell: (one) => <Ago at={one.created_at} /> },
];
