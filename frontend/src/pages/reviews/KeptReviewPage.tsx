import { useCallback, useState } from "react";
import { query } from "../../api/client";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Ago } from "../../ui/Ago";
import { dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Downloads } from "./Downloads";
import { Facts } from "./Facts";
import { Questions } from "./Questions";
import { SignOff } from "./SignOff";
import type { KeptReview } from "./types";
import { ofWhat } from "./words";

/** A week as it was reviewed: what to decide first, then whether it can be signed, then all that it counts. */
export default function KeptReviewPage({ id }: { id: number }) {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => reviewsOf(api).one(id, signal), [api, id]);
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p className="trail">
        <Link to="reviews/">Weekly reviews</Link>
      </p>
      <Show loaded={loaded} again={again} rows={12}>
        {(review) => <Kept review={review} />}
      </Show>
    </>
  );
}

function Kept({ review: first }: { review: KeptReview }) {
  const [review, setReview] = useState(first);
  const base = `reviews/kept/${review.id}/`;
  return (
    <>
      <Heading title={`Week ${review.week}, ${ofWhat(review)}`}>
        <Downloads base={base} name={`review-${review.week}`} />
      </Heading>
      <p className="note">
        Kept by {review.made_by} on {dateTime(review.made_at)}; its figures never change. Digest{" "}
        <code>{review.digest.slice(0, 12)}</code>
        {!review.intact && ", which is not that of the figures: they were tampered with"}.
      </p>
      <Questions review={review} onChange={setReview} />
      {review.decided_before.length > 0 && (
        <section>
          <h2>Decided the week before</h2>
          <ul className="review-before-list">
            {review.decided_before.map((one) => (
              <li key={one.question}>
                {one.title}: <strong>{one.choice}</strong>
                {one.note !== "" && `, “${one.note}”`} ({one.by}, <Ago at={one.at} />)
              </li>
            ))}
          </ul>
        </section>
      )}
      <SignOff review={review} onChange={setReview} />
      <Facts review={review.figures} chart={(name, theme) => `${base}charts/${name}/${query({ theme })}`} />
    </>
  );
}
