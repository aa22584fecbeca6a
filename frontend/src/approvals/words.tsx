import type { ApprovalState, PlannedChange } from "../api/approvalTypes";
import { shown } from "../ui/format";

export const STATES: readonly (readonly [ApprovalState, string])[] = [
  ["pending", "Waiting"],
  ["approved", "Approved"],
  ["rejected", "Rejected"],
  ["expired", "Expired"],
  ["cancelled", "Cancelled"],
];
const MARKS: Record<ApprovalState, string> = {
  pending: "‖",
  approved: "✓",
  rejected: "✕",
  expired: "⌛",
  cancelled: "⊘",
};

export function StateChip({ state }: { state: ApprovalState }) {
  const word = STATES.find(([name]) => name === state)?.[1] ?? state;
  return (
    <span className={`chip approval-${state}`}>
      <span aria-hidden="true">{MARKS[state]}</span> {word}
    </span>
  );
}

/** One field, from what to what. */
export function ChangeText({ change }: { change: PlannedChange }) {
  return (
    <span className="change">
      {change.field} <del>{shown(change.before)}</del> <span aria-hidden="true">→</span>
      <span className="visually-hidden">becomes</span> <ins>{shown(change.after)}</ins>
    </span>
  );
}
