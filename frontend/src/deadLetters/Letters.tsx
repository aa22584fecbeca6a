import { useState } from "react";
import { usePages } from "../app/usePages";
import { RecordLink } from "../pages/runs/RunList";
import { Ago } from "../ui/Ago";
import { JsonTree } from "../ui/JsonTree";
import { Link } from "../ui/Link";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { SampleLetter } from "./SampleLetter";
import { type CauseDetail, type Letter, manyLetters } from "./types";

interface Props {
  cause: CauseDetail;
  onRedrive: (letters: Letter[]) => void;
  onDiscard: (letters: Letter[]) => void;
}

/** The newest letter whole, and all of the cause, of which single ones can be ticked to redrive or discard just them. */
export function Letters({ cause, onRedrive, onDiscard }: Props) {
  const pages = usePages<Letter>(`dead-letters/${cause.fingerprint}/letters/`);
  const [chosen, setChosen] = useState<ReadonlySet<string | number>>(new Set());
  const may = cause.may_settle > 0;
  return (
    <Paged pages={pages} what="letters" empty={<p className="note">None is left.</p>}>
      {(letters, stale) => {
        const ticked = letters.filter((one) => one.may_settle && chosen.has(one.id));
        const [newest] = letters;
        return (
          <>
            {newest !== undefined && <SampleLetter key={newest.id} letter={newest} />}
            <section aria-labelledby="letters">
              <h2 id="letters">All letters</h2>
              {may && (
                <p className="actions ticked">
                  <span role="status">
                    {ticked.length === 0
                      ? "Tick single letters to redrive or discard just those."
                      : `${manyLetters(ticked.length)} ticked`}
                  </span>
                  {ticked.length > 0 && cause.why_not_redrive === "" && (
                    <button type="button" aria-haspopup="dialog" onClick={() => onRedrive(ticked)}>
                      Redrive the ticked…
                    </button>
                  )}
                  {ticked.length > 0 && (
                    <button type="button" aria-haspopup="dialog" onClick={() => onDiscard(ticked)}>
                      Discard the ticked…
                    </button>
                  )}
                </p>
              )}
              <Table
                label="Letters of this cause"
                columns={LETTERS}
                rows={letters}
                keyOf={(one) => one.id}
                stale={stale}
                selection={
                  may
                    ? {
                        chosen,
                        onChange: setChosen,
                        nameOf: (one) => `the letter of run ${one.run}`,
                        may: (one) => one.may_settle,
                      }
                    : undefined
                }
              />
            </section>
          </>
        );
      }}
    </Paged>
  );
}

const LETTERS: Column<Letter>[] = [
  { name: "Run", cell: (one) => <Link to={`runs/${one.run}/`}>{one.run}</Link> },
  {
    name: "State",
    cell: (one) =>
      one.retried_as === null ? (
        one.state
      ) : (
        <>
          {one.state}, as run <Link to={`runs/${one.retried_as}/`}>{one.retried_as}</Link>
        </>
      ),
  },
  { name: "What it said", wide: true, cell: (one) => one.message },
  { name: "Record", cell: (one) => <RecordLink module={one.module} record={one.record} /> },
  {
    name: "Event",
    cell: (one) => (one.event === null ? "–" : <Link to={`events/${one.event}/`}>{one.event}</Link>),
  },
  { name: "Version", cell: (one) => `v${one.version}` },
  { name: "Attempts", number: true, cell: (one) => one.attempts },
  {
    name: "Started with",
    cell: (one) =>
      one.input === null ? (
        "hidden"
      ) : Object.keys(one.input).length === 0 ? (
        "–"
      ) : (
        <JsonTree label={`Input of run ${one.run}`} path="input" value={one.input} />
      ),
  },
  { name: "When", number: true, cell: (one) => <Ago at={one.created_at} /> },
];
