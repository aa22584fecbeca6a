import { useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { LogEntry } from "../api/runTypes";
import { LogLine } from "./LogLine";
import { LEVELS, matchingLines, PART, tailOf } from "./lines";
import type { StepRow } from "./rows";
import "./log.css";

const NEAR_THE_END_PX = 24;

interface Shown {
  entries: LogEntry[];
  rows: StepRow[];
  step: string;
  /** The line that the address points to; 0 for none. */
  line: number;
  select: (node: string) => void;
}

export function LogView({ entries, rows, step, line, select }: Shown) {
  const [level, setLevel] = useState("");
  const [text, setText] = useState("");
  const [most, setMost] = useState(PART);
  /** The last line when the reader scrolled up; null while the view follows the end. */
  const [seen, setSeen] = useState<number | null>(null);
  const box = useRef<HTMLOListElement>(null);
  const top = useRef(0);
  const wanted = useDeferredValue(text);
  const titles = useMemo(() => new Map(rows.map((row) => [row.node, row.title])), [rows]);

  const matching = useMemo(
    () => matchingLines(entries, { level, step, text: wanted }),
    [entries, level, step, wanted],
  );
  const shown = tailOf(matching, most, line);
  const earlier = matching.length - shown.length;
  const last = entries.at(-1)?.seq ?? 0;
  const fresh = seen === null ? 0 : matching.filter((entry) => entry.seq > seen).length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last line is what moves the view.
  useLayoutEffect(() => {
    if (seen === null && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [last, seen, shown.length]);

  const there = shown.some((entry) => entry.seq === line);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another line is looked for, not each new one.
  useEffect(() => {
    if (!there) return;
    setSeen((before) => before ?? last);
    document.getElementById(`L${line}`)?.scrollIntoView({ block: "center" });
  }, [line, there]);

  const onScroll = () => {
    const list = box.current;
    if (list === null) return;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_THE_END_PX;
    const up = list.scrollTop < top.current;
    top.current = list.scrollTop;
    if (atEnd) setSeen(null);
    else if (up) setSeen((before) => before ?? last);
  };

  return (
    <section aria-labelledby="log">
      <div className="heading log-filters">
        <h2 id="log" className="visually-hidden">
          Log
        </h2>
        <label>
          Level{" "}
          <select value={level} onChange={(event) => setLevel(event.target.value)}>
            <option value="">all</option>
            {LEVELS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Step{" "}
          <select value={step} onChange={(event) => select(event.target.value)}>
            <option value="">all</option>
            {rows.map((row) => (
              <option key={row.node} value={row.node}>
                {row.title}
              </option>
            ))}
          </select>
        </label>
        <label>
          Text <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <button
          type="button"
          className={`quiet ${seen === null ? "log-following" : ""}`}
          disabled={seen === null}
          onClick={() => setSeen(null)}
        >
          {seen === null ? "Following" : fresh > 0 ? `↓ ${fresh} new` : "↓ Follow"}
        </button>
      </div>
      {(entries[0]?.seq ?? 1) > 1 && <p className="note">Loading the lines before…</p>}
      {earlier > 0 && (
        <p className="note">
          {earlier} earlier lines.{" "}
          <button type="button" onClick={() => setMost(shown.length + PART)}>
            Show {Math.min(PART, earlier)} more
          </button>
        </p>
      )}
      {shown.length === 0 ? (
        <p className="note">
          {entries.length === 0 ? "No line yet." : "No line matches. Clear the filters to see all."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
        <ol className="run-log" ref={box} onScroll={onScroll} tabIndex={0} aria-label="Log lines">
          {shown.map((entry) => (
            <LogLine
              key={entry.seq}
              entry={entry}
              title={titles.get(entry.node) ?? entry.node}
              linked={entry.seq === line}
              select={select}
            />
          ))}
        </ol>
      )}
    </section>
  );
}
