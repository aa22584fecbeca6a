import { type Backtest, grouped } from "./backtests";

/** What the two sides' answers come to, in one line of numbers. */
export function Counts({ backtest }: { backtest: Backtest }) {
  const { same, newly_selected, no_longer_selected, other_effect, other_branch } = backtest.counts;
  return (
    <p className="backtest-counts">
      <span>same result {grouped(same)}</span>
      <span>now selected +{grouped(newly_selected)}</span>
      <span>no longer selected −{grouped(no_longer_selected)}</span>
      <span>other effect {grouped(other_effect)}</span>
      {other_branch > 0 && <span>other branch {grouped(other_branch)}</span>}
    </p>
  );
}
