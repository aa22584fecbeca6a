import { useState } from "react";
import { ApiError } from "../../api/client";
import { reviewsOf } from "../../api/reviews";
import { useSite } from "../../app/context";
import { Link } from "../../ui/Link";
import type { Choice, KeptReview } from "./types";

const CHOICES: [Choice, string][] = [
  ["keep", "Keep as it is"],
  ["change", "Change it"],
  ["later", "Decide later"],
];

interface Props {
  review: KeptReview;
  onChange: (review: KeptReview) => void;
}

/** What the week asks people to decide, each with its facts, and the answers. */
export function Questions({ review, onChange }: Props) {
  return (
    <section aria-labelledby="to-decide">
      <h2 id="to-decide">To decide</h2>
      {review.questions.length === 0 ? (
        <p className="note">Nothing asks for a decision.</p>
      ) : (
        <ul className="review-questions">
          {review.questions.map((one) => (
            <Question key={one.key} review={review} question={one} onChange={onChange} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Question({ review, question, onChange }: Props & { question: KeptReview["questions"][number] }) {
  const { api } = useSite();
  const [note, setNote] = useState(question.answer?.note ?? "");
  const [trouble, setTrouble] = useState("");
  const { answer, last } = question;
  const give = (choice: Choice) => {
    setTrouble("");
    reviewsOf(api)
      .answer(review.id, question.key, choice, note)
      .then(onChange, (error: unknown) =>
        setTrouble(error instanceof ApiError ? error.message : "That could not be kept. Try again."),
      );
  };
  return (
    <li>
      <h3>{question.title}</h3>
      <p>
        {question.facts} {question.suggestion} <Link to={question.address}>{question.place}</Link>
      </p>
      {last !== null && (
        <p className="note">
          Decided the week before: {last.choice}
          {last.note !== "" && `, “${last.note}”`} ({last.by}).
        </p>
      )}
      {answer !== null && (
        <p role="status">
          <strong>
            {answer.by} decided: {answer.choice}
          </strong>
          {answer.note !== "" && `, “${answer.note}”`}
        </p>
      )}
      {review.signature === null && (
        <fieldset>
          <legend className="visually-hidden">Your answer to: {question.title}</legend>
          <label>
            Note (optional)
            <input value={note} maxLength={300} onChange={(event) => setNote(event.target.value)} />
          </label>
          <span className="actions">
            {CHOICES.map(([choice, words]) => (
              <button
                key={choice}
                type="button"
                aria-pressed={answer?.choice === choice}
                onClick={() => give(choice)}
              >
                {words}
              </button>
            ))}
          </span>
        </fieldset>
      )}
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
    </li>
  );
}
