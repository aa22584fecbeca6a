import { useSyncExternalStore } from "react";
import { ago, dateTime } from "./format";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all moments on a page, once a minute. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 60_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function minute(): number {
  if (timer === undefined) now = Date.now();
  return now;
}

/** How long ago, with the moment itself in the tooltip; "–" for none. */
export function Ago({ at }: { at: string | null }) {
  const seen = useSyncExternalStore(subscribe, minute);
  if (at === null) return "–";
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at, Math.max(seen, 0))}
    </time>
  );
}
