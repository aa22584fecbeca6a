import { useCallback } from "react";
import type { EventDetail } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Facts } from "../../ui/Facts";
import { dateTime } from "../../ui/format";
import { LargeValue } from "../../ui/LargeValue";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Tree } from "../../ui/Tree";
import { DecisionTable } from "../decisions/DecisionTable";
import { RecordLink } from "../runs/RunList";
import { CausedBy } from "./EventsPage";

export function EventPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => api.event(id, signal), [api, id]);
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p className="trail">
        <Link to="events/">Events</Link>
      </p>
      <Heading title={`Event ${id}`} />
      <Show loaded={loaded} again={again}>
        {(event) => <Ready event={event} />}
      </Show>
    </>
  );
}

function Ready({ event }: { event: EventDetail }) {
  return (
    <>
      <Facts
        facts={[
          ["Type", event.type],
          ["Record", <RecordLink key="record" module={event.module} record={event.record} />],
          ["By", <CausedBy key="by" event={event} />],
          ["Source", event.source],
          ["Occurred", dateTime(event.occurred_at)],
          ["Received", dateTime(event.received_at)],
        ]}
      />
      <section aria-labelledby="decisions">
        <h2 id="decisions">What the triggers answered</h2>
        {event.decisions.length === 0 ? (
          <p className="note">
            {event.state === "pending"
              ? "No trigger has judged this event yet; a worker does it within moments."
              : "No live workflow that you may see listens for such an event."}
          </p>
        ) : (
          <DecisionTable decisions={event.decisions} without={["Record", "Event"]} />
        )}
      </section>
      <section aria-labelledby="snapshot">
        <h2 id="snapshot">What rules saw</h2>
        {event.large ? (
          <LargeValue
            large={event.large}
            address={`events/${event.id}/snapshot/`}
            path="event"
            label="What rules saw"
          />
        ) : event.snapshot === null ? (
          <p className="note">
            You lack the right to see the record. An admin can share its module with you.
          </p>
        ) : (
          <div className="tile">
            <Tree value={event.snapshot} />
          </div>
        )}
      </section>
    </>
  );
}
