import { useState } from "react";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { FormDialog } from "../../ui/FormDialog";
import { dateTime } from "../../ui/format";
import { Link } from "../../ui/Link";
import type { KeptReview } from "./types";

interface Props {
  review: KeptReview;
  onChange: (review: KeptReview) => void;
}

/** Who has signed; or what keeps it from being signed, and the button. */
export function SignOff({ review, onChange }: Props) {
  const { api } = useSite();
  const [signing, setSigning] = useState(false);
  const [note, setNote] = useState("");
  const left = review.triage.filter((one) => one.is_open);
  const unanswered = review.asked - review.answered;
  return (
    <section aria-labelledby="sign-off">
      <h2 id="sign-off">Sign-off</h2>
      {review.signature !== null ? (
        <p>
          <strong>Signed by {review.signature.by}</strong> on {dateTime(review.signature.at)}: “
          {review.signature.note}”
        </p>
      ) : left.length > 0 ? (
        <>
          <p>
            {left.length === 1 ? "One cause of failure is" : `${left.length} causes of failure are`} new or
            nobody’s. Say how each stands and who looks at it; then the week can be signed.
          </p>
          <ul>
            {left.map((one) => (
              <li key={`${one.workflow.id} ${one.fingerprint}`}>
                <Link to={one.address}>{one.cause}</Link> in {one.workflow.name}: {one.state},{" "}
                {one.assignee === "" ? "nobody looks" : `${one.assignee} looks`}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <>
          <p>
            {review.triage.length === 0
              ? "Nothing gave up in this week."
              : "Every cause of failure has a state and somebody who looks at it."}
            {unanswered > 0 &&
              ` ${unanswered === 1 ? "One question has" : `${unanswered} questions have`} no answer.`}
          </p>
          <button type="button" className="primary" onClick={() => setSigning(true)}>
            Sign…
          </button>
        </>
      )}
      {signing && (
        <FormDialog
          title={`Sign week ${review.week}`}
          button="Sign"
          onDo={async () => onChange(await reviewsOf(api).sign(review.id, review.digest, note))}
          onClose={() => setSigning(false)}
        >
          <p>The figures and the answers stay as they are now. A signature is not taken back.</p>
          <label className="block">
            Note
            <input value={note} required maxLength={300} onChange={(event) => setNote(event.target.value)} />
          </label>
        </FormDialog>
      )}
    </section>
  );
}
