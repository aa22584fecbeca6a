import { useDeferredValue, useLayoutEffect, useRef, useState } from "react";
import type { LogEntry } from "../api/types";
import { clock } from "../ui/format";

const NEAR_THE_END_PX = 24;
/** Lines kept in the page; older ones are in the API, and a browser slows down far above this. */
const SHOWN_LINES = 2_000;

export function LogView({ entries }: { entries: LogEntry[] }) {
  const [level, setLevel] = useState("");
  const [text, setText] = useState("");
  const [seen, setSeen] = useState<number | null>(null);
  const box = useRef<HTMLOListElement>(null);
  const wanted = useDeferredValue(text.trim().toLowerCase());

  const matching = entries.filter(
    (entry) =>
      (level === "" || entry.level === level) &&
      (wanted === "" || `${entry.node} ${entry.message}`.toLowerCase().includes(wanted)),
  );
  const shown = matching.slice(-SHOWN_LINES);
  const last = shown.at(-1)?.seq ?? 0;
  const fresh = seen === null ? 0 : shown.filter((entry) => entry.seq > seen).length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last line is what moves the view.
  useLayoutEffect(() => {
    if (seen === null && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [last, seen]);

  const onScroll = () => {
    const list = box.current;
    if (list === null) return;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END_PX;
    setSeen((before) => (atEnd ? null : (before ?? last)));
  };

  return (
    <section aria-labelledby="log">
      <div className="heading">
        <h2 id="log">Log</h2>
        <label>
          Level{" "}
          <select value={level} onChange={(event) => setLevel(event.target.value)}>
            <option value="">all</option>
            {["debug", "info", "warning", "error"].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Text <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        {seen !== null && (
          <button type="button" className="quiet" onClick={() => setSeen(null)}>
            {fresh > 0 ? `↓ ${fresh} new` : "↓ Follow"}
          </button>
        )}
      </div>
      {shown.length < matching.length && <p className="note">The last {SHOWN_LINES} lines are shown.</p>}
      {shown.length === 0 ? (
        <p className="note">
          {entries.length === 0 ? "No line yet." : "No line matches. Clear the filters to see all."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
        <ol className="log" ref={box} onScroll={onScroll} tabIndex={0} aria-label="Log lines">
          {shown.map((entry) => (
            <li key={entry.seq} id={`L${entry.seq}`}>
              <time dateTime={entry.at}>{clock(entry.at)}</time>
              <span className={`level level-${entry.level}`}>{entry.level}</span>
              <span className="node">{entry.node}</span>
              <span className="message">
                {entry.message}
                {entry.data !== null && entry.data !== undefined && (
                  <details>
                    <summary>data</summary>
                    <pre>{JSON.stringify(entry.data, null, 2)}</pre>
                  </details>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
