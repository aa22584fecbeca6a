import { momentIn } from "./types";

/** From when to when, by the clocks of the zone in which the window was named. */
export function Window({
  of: { since, until, zone },
}: {
  of: { since: string; until: string; zone: string };
}) {
  return (
    <>
      <time dateTime={since}>{momentIn(since, zone)}</time> –{" "}
      <time dateTime={until}>{momentIn(until, zone)}</time>
    </>
  );
}
