import { memo } from "react";
import type { LogEntry } from "../api/runTypes";
import { clock } from "../ui/format";

const MARKS: Record<string, string> = { debug: "·", info: "i", warning: "▲", error: "✕" };

interface Shown {
  entry: LogEntry;
  title: string;
  /** Whether the address points to it. */
  linked: boolean;
  select: (node: string) => void;
}

/** Drawn once: a new line must not draw ten thousand others again. */
export const LogLine = memo(function LogLine({ entry, title, linked, select }: Shown) {
  return (
    <li id={`L${entry.seq}`} className={linked ? "linked" : ""} {...(linked ? { "aria-current": true } : {})}>
      <a href={`#L${entry.seq}`} aria-label={`Link to line ${entry.seq}`}>
        {entry.seq}
      </a>
      <time dateTime={entry.at}>{clock(entry.at)}</time>
      <span className={`level level-${entry.level}`}>
        <span aria-hidden="true">{MARKS[entry.level]}</span> {entry.level}
      </span>
      {entry.node === "" ? (
        <span />
      ) : (
        <button type="button" className="node" onClick={() => select(entry.node)}>
          {title}
        </button>
      )}
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
  );
});
