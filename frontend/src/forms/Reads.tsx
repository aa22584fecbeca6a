import { useEffect, useState } from "react";
import { ApiError } from "../api/client";
import type { Reading } from "../api/recordTypes";
import type { FormFacts } from "./facts";

const PAUSE_MS = 400;

/** How a text with data in it reads for the sample. What has no data in it reads as it stands. */
export function Reads({ text, facts: { read } }: { text: string; facts: FormFacts }) {
  const [reading, setReading] = useState<Reading | null>(null);
  const [trouble, setTrouble] = useState("");
  const hasData = text.includes("{{");
  // Somebody is in the middle of a path: asking would only be refused.
  const open = text.lastIndexOf("{{") > text.lastIndexOf("}}");
  useEffect(() => {
    setTrouble("");
    if (read === undefined || !hasData || open) {
      setReading(null);
      return;
    }
    let left = false;
    const timer = setTimeout(() => {
      read(text).then(
        (told) => !left && setReading(told),
        (error: unknown) => {
          if (left) return;
          setReading(null);
          // What is wrong with the text itself stands among the problems already.
          if (!(error instanceof ApiError && error.status === 422))
            setTrouble("How it reads is not known now.");
        },
      );
    }, PAUSE_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [read, text, hasData, open]);
  if (!hasData) return null;
  return (
    <p className="reads note">
      {read === undefined && "Choose a sample above the graph to see how this reads."}
      {reading !== null && (
        <>
          Reads: <q>{reading.text}</q>
          {reading.unknown.length > 0 && (
            <>
              {" "}
              Not in this sample:{" "}
              {reading.unknown.map((path) => (
                <code key={path} className="without">
                  {path}
                </code>
              ))}
            </>
          )}
        </>
      )}
      {trouble}
    </p>
  );
}
