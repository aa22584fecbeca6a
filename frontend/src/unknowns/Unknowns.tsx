import { useEffect, useState } from "react";
import { query } from "../api/client";
import type { Page } from "../api/types";
import { useSite } from "../app/context";
import { Ago } from "../ui/Ago";
import { Link } from "../ui/Link";
import { AnswerDialog } from "./AnswerDialog";
import { SAID, type Unknown } from "./types";
import "./unknowns.css";

interface Props {
  of: { run: number } | { delivery: number };
  /** Asked anew when this changes. */
  newest: number;
  onAnswered: () => void;
}

/** What nobody knows of a run or a delivery, with the two honest answers for those who may give them; and what was answered. */
export function Unknowns({ of, newest, onAnswered }: Props) {
  const { api } = useSite();
  const address = `webhooks/unknown-outcomes/${query({ ...of })}`;
  const [shown, setShown] = useState<Unknown[]>([]);
  const [turn, setTurn] = useState(0);
  // What is shown stays until there is newer: somebody may be writing an answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `newest` and `turn` are there to ask anew.
  useEffect(() => {
    const leaving = new AbortController();
    api.get<Page<Unknown>>(address, leaving.signal).then(
      (page) => setShown(page.results),
      () => undefined, // the page itself says what is wrong
    );
    return () => leaving.abort();
  }, [api, address, newest, turn]);
  const answered = () => {
    setTurn((now) => now + 1);
    onAnswered();
  };
  return shown.map((unknown) =>
    unknown.reply === "" ? (
      <Question key={unknown.id} unknown={unknown} inRun={"run" in of} onAnswered={answered} />
    ) : (
      <p key={unknown.id} className="note">
        Attempt {unknown.attempt} was in doubt: {unknown.person} said {SAID[unknown.reply]}. {unknown.note}{" "}
        <Ago at={unknown.answered_at} />
      </p>
    ),
  );
}

function Question({
  unknown,
  inRun,
  onAnswered,
}: {
  unknown: Unknown;
  inRun: boolean;
  onAnswered: () => void;
}) {
  const [asked, setAsked] = useState<"happened" | "not" | null>(null);
  return (
    <section className="problem unknown" aria-label="Needs review">
      <p>
        <strong>Needs review: did the call to {unknown.destination_name} happen?</strong> {unknown.message}{" "}
        <Ago at={unknown.asked_at} />
      </p>
      <p>
        It is not sent again before somebody says so. If it arrived, {unknown.destination_name} has seen{" "}
        <code>{unknown.type}</code> under the id <code>{unknown.message_id}</code>.{" "}
        {inRun && <Link to={`webhooks/deliveries/${unknown.delivery}/`}>Open the delivery</Link>}
      </p>
      {unknown.may_answer ? (
        <p className="actions">
          <button type="button" aria-haspopup="dialog" onClick={() => setAsked("happened")}>
            It happened…
          </button>
          <button type="button" aria-haspopup="dialog" onClick={() => setAsked("not")}>
            It did not happen…
          </button>
        </p>
      ) : (
        <p className="note">To answer you need the right “retry” on the workflow.</p>
      )}
      {asked !== null && (
        <AnswerDialog
          unknown={unknown}
          happened={asked === "happened"}
          onDone={onAnswered}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
