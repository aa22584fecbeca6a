import { type FocusEvent, type KeyboardEvent, useCallback, useLayoutEffect, useRef, useState } from "react";
import type { GridRow, GridRun, RunGrid as Runs } from "../../api/runTypes";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { MARKS } from "../../ui/chips";
import { dateTime, duration } from "../../ui/format";
import { Link } from "../../ui/Link";
import { Show } from "../../ui/Page";
import { barHeight, moved, type Place } from "./gridMoves";

const BAR = 32;

export function RunGrid({ workflow }: { workflow: number }) {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => api.grid(workflow, signal), [api, workflow]);
  const [loaded, again] = useLoad(load);
  return (
    <Show loaded={loaded} again={again}>
      {(grid) =>
        grid.runs.length === 0 ? (
          <p className="note empty">Nothing has started this workflow yet.</p>
        ) : (
          <Cells grid={grid} />
        )
      }
    </Show>
  );
}

/** Steps below each other in the order of the graph, runs beside each other, oldest first. The grid is one stop of the
 * Tab key; the arrow keys move inside, Enter opens. Row 0 are the runs themselves. */
function Cells({ grid }: { grid: Runs }) {
  const runs = grid.runs.toReversed();
  const table = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState<Place>({ row: 0, column: runs.length - 1 });
  // The newest runs are at the end: begin there.
  useLayoutEffect(() => {
    const place = table.current?.parentElement;
    if (place) place.scrollLeft = place.scrollWidth;
  }, []);
  const longest = Math.max(0, ...runs.map(tookMs));

  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(at, event.key, grid.rows.length + 1, runs.length);
    if (next === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    table.current?.querySelector<HTMLElement>(`[data-place="${next.row}-${next.column}"]`)?.focus();
  };
  const onFocus = (event: FocusEvent) => {
    const place = event.target instanceof HTMLElement ? event.target.dataset.place : undefined;
    if (place === undefined) return;
    const [row = 0, column = 0] = place.split("-").map(Number);
    setAt({ row, column });
  };
  const placed = (row: number, column: number) => ({
    "data-place": `${row}-${column}`,
    tabIndex: at.row === row && at.column === column ? 0 : -1,
  });
  return (
    <>
      <div className="scroll">
        <table
          ref={table}
          className="grid"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table to move in.
          role="grid"
          aria-label="Steps of the last runs"
          onKeyDown={onKeyDown}
          onFocus={onFocus}
        >
          <thead>
            <tr>
              <th scope="col">Step</th>
              {runs.map((run, column) => (
                <th key={run.id} scope="col">
                  <Link to={`runs/${run.id}/`} title={titleOf(run)} {...placed(0, column)}>
                    <svg width="12" height={BAR} aria-hidden="true">
                      <Bar height={barHeight(tookMs(run), longest, BAR)} status={run.status} />
                    </svg>
                    <span className="visually-hidden">{titleOf(run)}</span>
                  </Link>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {grid.rows.map((row, index) => (
              <tr key={row.node}>
                <th scope="row">{row.title || row.node}</th>
                {runs.map((run, column) => (
                  <td key={run.id}>
                    <Cell row={row} run={run} place={placed(index + 1, column)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="note legend">
        {(["succeeded", "running", "failed", "waiting", "pending", "skipped"] as const).map((status) => (
          <span key={status}>
            <span className={`status-${status}`} aria-hidden="true">
              {MARKS[status]}
            </span>{" "}
            {status}
          </span>
        ))}
        <span>The bar above is how long a run took; the newest run is on the right.</span>
      </p>
    </>
  );
}

function Bar({ height, status }: { height: number; status: string }) {
  return <rect className={`status-${status}`} y={BAR - height} width="12" height={height} />;
}

interface Placed {
  "data-place": string;
  tabIndex: number;
}

function Cell({ row, run, place }: { row: GridRow; run: GridRun; place: Placed }) {
  const status = run.steps[row.node] ?? "pending";
  const words = `${row.title || row.node}, run ${run.id}: ${status}`;
  return (
    <Link to={`runs/${run.id}/?step=${encodeURIComponent(row.node)}`} title={words} {...place}>
      <span className={`status-${status}`} aria-hidden="true">
        {MARKS[status]}
      </span>
      <span className="visually-hidden">{words}</span>
    </Link>
  );
}

function tookMs(run: GridRun): number {
  if (run.started_at === null || run.finished_at === null) return 0;
  return Date.parse(run.finished_at) - Date.parse(run.started_at);
}

function titleOf(run: GridRun): string {
  const took = run.finished_at === null ? "" : `, took ${duration(run.started_at, run.finished_at, 0)}`;
  return `Run ${run.id}: ${run.status}${took}, ${dateTime(run.created_at)}`;
}
