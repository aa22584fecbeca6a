import type { ReactNode } from "react";
import type { GateLine, LineState } from "../api/gateTypes";
import { Link } from "../ui/Link";

const MARKS: Record<LineState, [mark: string, word: string]> = {
  met: ["✓", "Met"],
  open: ["○", "Open"],
  not_needed: ["–", "Not needed"],
};

interface Props {
  lines: GateLine[];
  /** Buttons that close a line. */
  toolsOf: (line: GateLine) => ReactNode;
  /** What stands below a line. */
  children: (line: GateLine) => ReactNode;
}

/** Each line of the gate with its state as shape and word, its evidence, and the way to close it. */
export function GateLines({ lines, toolsOf, children }: Props) {
  return (
    <ol className="gate" aria-label="The gate">
      {lines.map((line) => {
        const [mark, word] = MARKS[line.state];
        return (
          <li key={line.key} className={`gate-${line.state}`}>
            <span className="gate-mark">
              <span aria-hidden="true">{mark}</span> {word}
            </span>
            <div className="gate-text">
              <strong>{line.title}</strong>
              <p>{line.sentence}</p>
              {line.hint !== "" && <p className="note">{line.hint}</p>}
              {children(line)}
            </div>
            <span className="gate-line-tools">
              {toolsOf(line)}
              {line.evidence.map((link) => (
                <Link key={link.to} to={link.to}>
                  {link.text}
                  <span className="visually-hidden">: {line.title}</span>
                </Link>
              ))}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
