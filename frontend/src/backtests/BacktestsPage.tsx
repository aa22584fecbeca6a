import { useCallback, useState } from "react";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { mergeNewest, type Pages, usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { Show } from "../ui/Page";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { WorkflowHead } from "../ui/WorkflowHead";
import { BacktestResult } from "./BacktestResult";
import { type Backtest, differing, grouped, sidesOf } from "./backtests";
import { ShadowPart } from "./ShadowPart";
import { StartForm } from "./StartForm";
import "./backtests.css";

function newestOf({ loaded }: Pages<Backtest>): number | null {
  return loaded.state === "ready" ? (loaded.value[0]?.id ?? null) : null;
}

/** What is proven on real events, past ones and those that come: a draft or version beside another version. */
export default function BacktestsPage({ id }: { id: number }) {
  const { api } = useSite();
  const [search, change] = useSearch();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [workflow, versions, draft] = await Promise.all([
        api.workflow(id, signal),
        api.versions(id, signal),
        api.draft(id, signal),
      ]);
      return { workflow, versions: versions.results, nodes: draft.nodes };
    },
    [api, id],
  );
  const [loaded, again] = useLoad(load);
  const pages = usePages<Backtest>(`workflows/${id}/backtests/`, mergeNewest);
  const shadows = usePages<Backtest>(`workflows/${id}/shadows/`, mergeNewest);
  const newest = newestOf(pages) ?? newestOf(shadows);
  const chosen = /^\d{1,15}$/.test(search.backtest ?? "") ? Number(search.backtest) : newest;
  const [wanted, setWanted] = useState<{ number: number } | null>(null);
  const choose = (number: number) => {
    setWanted({ number });
    change({ backtest: String(number), kind: "" });
  };
  const columns: Column<Backtest>[] = [
    {
      name: "Backtest",
      cell: (row) => (
        <button
          type="button"
          className="as-link"
          aria-pressed={row.id === chosen}
          onClick={() => choose(row.id)}
        >
          {row.id}
        </button>
      ),
    },
    { name: "What", cell: sidesOf },
    { name: "Status", cell: (row) => row.status },
    { name: "Events", number: true, cell: (row) => grouped(row.looked_at) },
    { name: "Different", number: true, cell: (row) => grouped(differing(row)) },
    { name: "By", cell: (row) => row.requested_by ?? "–" },
    { name: "Asked", number: true, cell: (row) => <Ago at={row.created_at} /> },
  ];
  return (
    <>
      <WorkflowHead id={id} loaded={loaded} here="backtests" what="Backtests of" />
      <p className="note">
        What would have been different? Past events are judged again, as the records were then; nothing is
        done.
      </p>
      <Show loaded={loaded} again={again}>
        {({ workflow, versions, nodes }) => (
          <>
            {workflow.rights.includes("run_test") && (
              <StartForm
                workflow={id}
                versions={versions}
                live={workflow.active_version}
                onStarted={(backtest) => {
                  choose(backtest.id);
                  pages.again();
                }}
              />
            )}
            {chosen !== null && (
              <BacktestResult
                key={chosen}
                workflow={id}
                number={chosen}
                wanted={wanted?.number === chosen ? wanted : null}
                mayCancel={workflow.rights.includes("run_test")}
                named={(node) => nodes.find((one) => one.id === node)?.title || node}
              />
            )}
            <ShadowPart
              workflow={id}
              versions={versions}
              live={workflow.active_version}
              may={workflow.rights.includes("run_test")}
              shadows={shadows}
              chosen={chosen}
              choose={choose}
            />
            <section aria-labelledby="backtests-all">
              <h2 id="backtests-all">All backtests</h2>
              <Paged
                pages={pages}
                what="backtests"
                empty={
                  <p className="note">
                    There are none yet. Start one to see what a change would have done in the last days.
                  </p>
                }
              >
                {(rows, stale) => (
                  <Table
                    label="Backtests"
                    columns={columns}
                    rows={rows}
                    keyOf={(row) => row.id}
                    stale={stale}
                  />
                )}
              </Paged>
            </section>
          </>
        )}
      </Show>
    </>
  );
}
