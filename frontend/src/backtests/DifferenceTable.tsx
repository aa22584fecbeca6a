import { Fragment, useState } from "react";
import { mergeNewest, usePages } from "../app/usePages";
import { RecordLink } from "../pages/runs/RunList";
import { Ago } from "../ui/Ago";
import { shown } from "../ui/format";
import { Link } from "../ui/Link";
import { Paged } from "../ui/Pager";
import { type Difference, KINDS, type Kind, type Side } from "./backtests";

interface Props {
  workflow: number;
  backtest: number;
  kind: string;
  named: (node: string) => string;
  /** More are still found. */
  growing?: boolean;
}

const WORDS = Object.fromEntries(KINDS) as Record<Kind, string>;

/** The events that the two sides answer differently; each opens to both paths and what each side would have done. */
export function DifferenceTable({ workflow, backtest, kind, named, growing = false }: Props) {
  const query = kind === "" ? "" : `?kind=${kind}`;
  const address = `workflows/${workflow}/backtests/${backtest}/differences/${query}`;
  const pages = usePages<Difference>(address, growing ? mergeNewest : undefined);
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Paged
      pages={pages}
      what="differences"
      empty={
        <p className="note">{kind === "" ? "Both sides answer alike." : "There are none of this kind."}</p>
      }
    >
      {(rows, stale) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard.
        <section className="scroll" aria-label="Differences" tabIndex={0} aria-busy={stale}>
          <table className="backtest-differences">
            <thead>
              <tr>
                <th scope="col">Record</th>
                <th scope="col">Difference</th>
                <th scope="col">Event</th>
                <th scope="col">When</th>
                <th scope="col">
                  <span className="visually-hidden">Details</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Fragment key={row.id}>
                  <tr>
                    <th scope="row">
                      <RecordLink module={row.module} record={row.record} />
                    </th>
                    <td>
                      {WORDS[row.kind]}
                      {row.assumed.length > 0 && <span className="chip">assumed</span>}
                    </td>
                    <td>
                      {row.event === null ? row.type : <Link to={`events/${row.event}/`}>{row.type}</Link>}
                    </td>
                    <td className="number">
                      <Ago at={row.at} />
                    </td>
                    <td>
                      <button
                        type="button"
                        aria-expanded={open === row.id}
                        onClick={() => setOpen(open === row.id ? null : row.id)}
                      >
                        Details<span className="visually-hidden"> of {row.record || row.type}</span>
                      </button>
                    </td>
                  </tr>
                  {open === row.id && (
                    <tr className="backtest-details">
                      <td colSpan={5}>
                        <Both row={row} named={named} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Paged>
  );
}

function Both({ row, named }: { row: Difference; named: (node: string) => string }) {
  if (row.before === null || row.after === null) {
    return (
      <p className="note">You may not see values of this workflow’s records. Its owner can share them.</p>
    );
  }
  return (
    <>
      <div className="backtest-both">
        <OneSide title="Before" side={row.before} named={named} />
        <OneSide title="After" side={row.after} named={named} />
      </div>
      {row.assumed.map((line) => (
        <p key={line} className="note">
          Assumed: {line}
        </p>
      ))}
    </>
  );
}

function OneSide({ title, side, named }: { title: string; side: Side; named: (node: string) => string }) {
  return (
    <section aria-label={title}>
      <h4>{title}</h4>
      {side.runs.length === 0 && <p>{side.why_not || "Nothing was there to compare with."}</p>}
      {side.runs.map((run) => (
        <Fragment key={run.trigger}>
          <p>
            {run.path
              .map(
                ({ node, branches }) =>
                  named(node) + (branches.length > 0 ? ` (${branches.join(", ")})` : ""),
              )
              .join(" → ")}
          </p>
          {run.failure !== "" && <p className="error">{run.failure}</p>}
          {run.actions.length === 0 ? (
            <p className="note">It does nothing.</p>
          ) : (
            <ul className="plain">
              {run.actions.map((action) => (
                <li key={action.node}>
                  <strong>{named(action.node)}</strong>{" "}
                  {action.changes.length === 0 && <span>{shown(action.preview)}</span>}
                  {action.changes.map((change) => (
                    <span key={change.field} className="backtest-change">
                      {change.field} <del>{shown(change.before)}</del> → <ins>{shown(change.after)}</ins>
                    </span>
                  ))}
                </li>
              ))}
            </ul>
          )}
        </Fragment>
      ))}
    </section>
  );
}
