import { useEffect, useState } from "react";
import { useSite } from "../../app/context";
import { Link } from "../../ui/Link";
import type { Delivery } from "./types";

const EVERY_MS = 1_000;

const ENDS: Partial<Record<Delivery["state"], string>> = {
  succeeded: "The test was taken",
  failed: "The test was given up",
  cancelled: "The test was cancelled",
};

/** What came of a test; told once more to who shows the destination when it is over. */
export function Tested({ delivery, onOver }: { delivery: number; onOver: () => void }) {
  const { api } = useSite();
  const [end, setEnd] = useState<string>();
  useEffect(() => {
    const leaving = new AbortController();
    const look = () =>
      api.get<Delivery>(`webhooks/deliveries/${delivery}/`, leaving.signal).then(
        ({ state }) => {
          if (ENDS[state] === undefined) return;
          clearInterval(timer);
          setEnd(ENDS[state]);
          onOver();
        },
        () => undefined, // the next turn may
      );
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void look();
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
  }, [api, delivery, onOver]);
  return (
    <p role="status">
      {end ?? "A test is under way"}:{" "}
      <Link to={`webhooks/deliveries/${delivery}/`}>
        {end === undefined ? "see what comes of it" : "see what came of it"}
      </Link>
      .
    </p>
  );
}
