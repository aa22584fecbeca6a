import { type Backtest, grouped } from "./backtests";

/** What the two sides' answers come to, in one line of numbers. */
export function Counts({ backtest }: { backtest: Backtest }) {
  const { same, newly_selected, no_longer_selected, other_effect, other_branch } = backtest.counts;
  const told = [
    `Same result ${grouped(same)}`,
    `now selected +${grouped(newly_selected)}`,
    `no longer selected −${grouped(no_longer_selected)}`,
    `other effect ${grouped(other_effect)}`,
  ];
  if (other_branch > 0) told.push(`other branch ${grouped(other_branch)}`);
  return <p className="backtest-counts">{told.join(" · ")}</p>;
}
