import { dateTime } from "../../ui/format";
import { useNow } from "../../ui/useNow";
import { expiryOf } from "./types";

const WORDS = { soon: "expires soon: ", past: "expired: ", later: "" } as const;

/** When a value is taken no more, marked where that is soon or past. */
export function Expiry({ at }: { at: string | null }) {
  const state = expiryOf(at, useNow(false));
  if (state === "none" || at === null) return "–";
  const mark = state === "past" ? "status status-failed" : state === "soon" ? "status status-waiting" : "";
  return (
    <span className={mark}>
      {WORDS[state]}
      <time dateTime={at}>{dateTime(at)}</time>
    </span>
  );
}
