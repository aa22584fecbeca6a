import { type Backtest, grouped } from "./backtests";

/** How far a backtest is; it takes the place of the counts until they are whole. */
export function Progress({ backtest }: { backtest: Backtest }) {
  const { to_read, read, status } = backtest;
  const told =
    status === "queued" || to_read === null
      ? "Waiting for a worker…"
      : `${grouped(read)} of ${grouped(to_read)} read`;
  return (
    <div className="backtest-progress">
      <progress aria-label="Backtest" max={Math.max(to_read ?? 1, 1)} value={to_read === null ? 0 : read} />
      <span role="status">{told}</span>
    </div>
  );
}
