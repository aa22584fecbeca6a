import { useEffect, useState } from "react";

const SLOW_MS = 8_000;

interface Props {
  /** How many rows of a table what comes is high. */
  rows?: number;
  again?: () => void;
}

/** The place of what is being loaded; after eight seconds a sentence, with a way to ask again. */
export function Waiting({ rows = 4, again }: Props) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (slow) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [slow]);
  const askAgain = () => {
    setSlow(false);
    again?.();
  };
  if (slow) {
    return (
      <div className="note empty" role="status">
        <p>This takes longer than it should.</p>
        {again && (
          <p>
            <button type="button" onClick={askAgain}>
              Try again
            </button>
          </p>
        )}
      </div>
    );
  }
  return (
    <>
      <p className="visually-hidden" role="status">
        Loading…
      </p>
      <div className="skeleton" aria-hidden="true">
        {Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same.
          <div key={row} />
        ))}
      </div>
    </>
  );
}
