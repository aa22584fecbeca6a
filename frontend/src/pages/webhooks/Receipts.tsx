import { query } from "../../api/client";
import { useSearch } from "../../app/router";
import { mergeNewest, usePages } from "../../app/usePages";
import { Ago } from "../../ui/Ago";
import { MARKS } from "../../ui/chips";
import { Choice, Filters } from "../../ui/Filters";
import { Link } from "../../ui/Link";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { markOf, type Receipt, VERDICTS } from "./types";

/** What came of each request, newest first; new ones arrive by themselves. */
export function Receipts({ endpoint }: { endpoint: string }) {
  const [search, change] = useSearch();
  const { verdict = "", receipt = "" } = search;
  const asked = query({ endpoint, verdict, id: receipt });
  const pages = usePages<Receipt>(`webhooks/receipts/${asked}`, mergeNewest);
  return (
    <div className="receipts">
      <h2>Receipts</h2>
      <Filters>
        <Choice label="Verdict" name="verdict" options={Object.entries(VERDICTS)} />
      </Filters>
      {receipt !== "" && (
        <p className="actions">
          Receipt {receipt} only.{" "}
          <button type="button" onClick={() => change({ receipt: "" })}>
            Show all
          </button>
        </p>
      )}
      <Paged
        pages={pages}
        what="receipts"
        empty={
          <div className="note empty">
            {receipt !== "" ? (
              <p>It is kept no longer, or had another verdict.</p>
            ) : verdict === "" ? (
              <p>
                Nothing has come in yet. Each request leaves a receipt here, refused ones too: with the
                reason, which the sender is not told.
              </p>
            ) : (
              <>
                <p>No request had this verdict.</p>
                <button type="button" onClick={() => change({ verdict: "" })}>
                  Show all
                </button>
              </>
            )}
          </div>
        }
      >
        {(receipts, stale) => (
          <Table
            label="Receipts"
            columns={COLUMNS}
            rows={receipts}
            keyOf={(receipt) => receipt.id}
            stale={stale}
          />
        )}
      </Paged>
    </div>
  );
}

export function VerdictMark({ verdict }: { verdict: Receipt["verdict"] }) {
  const mark = markOf(verdict);
  return (
    <span className={`status status-${mark}`}>
      <span aria-hidden="true">{MARKS[mark]}</span> {VERDICTS[verdict]}
    </span>
  );
}

const COLUMNS: Column<Receipt>[] = [
  { name: "Verdict", cell: (receipt) => <VerdictMark verdict={receipt.verdict} /> },
  { name: "Answer", number: true, cell: (receipt) => receipt.status },
  { name: "Times", number: true, cell: (receipt) => receipt.count },
  { name: "Why", wide: true, cell: (receipt) => receipt.detail || "–" },
  { name: "Sender’s id", short: true, cell: (receipt) => receipt.webhook_id || "–" },
  {
    name: "Event",
    cell: ({ event }) => (event === null ? "–" : <Link to={`events/${event}/`}>{event}</Link>),
  },
  { name: "From", cell: (receipt) => receipt.sender ?? "–" },
  { name: "Bytes", number: true, cell: (receipt) => receipt.body_bytes.toLocaleString() },
  { name: "Took", number: true, cell: (receipt) => `${receipt.took_ms.toFixed(1)} ms` },
  { name: "When", number: true, cell: (receipt) => <Ago at={receipt.last_at} /> },
];
