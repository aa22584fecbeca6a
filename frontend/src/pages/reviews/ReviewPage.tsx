import { useCallback } from "react";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Downloads } from "./Downloads";
import { Facts } from "./Facts";
import { Keep } from "./Keep";
import type { Review } from "./types";
import { zoneQuery } from "./zone";

/** One week: better or worse than the last, and what to look at. */
export default function ReviewPage({ week }: { week: string }) {
  const { api } = useSite();
  const load = useCallback(
    (signal: AbortSignal) => api.get<Review>(`reviews/${week}/${zoneQuery()}`, signal),
    [api, week],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p className="trail">
        <Link to="reviews/">Weekly reviews</Link>
      </p>
      <Heading title={`Week ${week}`}>
        <Downloads base={`reviews/${week}/`} search={zoneQuery()} name={`review-${week}`} />
      </Heading>
      <Show loaded={loaded} again={again} rows={12}>
        {(review) => (
          <>
            <Facts
              review={review}
              chart={(name, theme) => `reviews/${week}/charts/${name}/${zoneQuery({ theme })}`}
            />
            <Asked review={review} />
            {!review.goes_on && <Keep week={week} />}
          </>
        )}
      </Show>
    </>
  );
}

/** What asks for a decision; answered where the week is kept. */
function Asked({ review }: { review: Review }) {
  if (review.questions.length === 0) return null;
  return (
    <section>
      <h2>To decide</h2>
      <p className="note">Answers are kept with the week’s review, once one is made.</p>
      <ul className="review-questions">
        {review.questions.map((one) => (
          <li key={one.key}>
            <h3>{one.title}</h3>
            <p>
              {one.facts} {one.suggestion} <Link to={one.address}>{one.place}</Link>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
