import type { RunStatus, Step, StepStatus } from "../api/runTypes";
import type { Mode } from "../api/types";
import type { LiveState } from "../live/socket";

/** A shape for each state, so that colour is never alone. */
export const MARKS: Record<RunStatus | StepStatus, string> = {
  pending: "○",
  queued: "○",
  running: "◌",
  waiting: "‖",
  succeeded: "✓",
  failed: "✕",
  skipped: "–",
  cancelled: "⊘",
};

export function StatusMark({ status }: { status: RunStatus | StepStatus }) {
  return (
    <span className={`status status-${status}`}>
      <span aria-hidden="true">{MARKS[status]}</span> {status}
    </span>
  );
}

/** What a step came to; one that a retry kept was done by another run. */
export function StepMark({ step }: { step: Step }) {
  if (step.kept_from === null) return <StatusMark status={step.status} />;
  return (
    <span className={`status status-${step.status}`} title={`Done by run ${step.kept_from}`}>
      <span aria-hidden="true">{MARKS[step.status]}</span> kept
    </span>
  );
}

/** One run as a small mark in a row of many; its word is for those who don't see it. */
export function StatusDot({ status }: { status: RunStatus }) {
  return (
    <span className={`status dot status-${status}`} title={status}>
      <span aria-hidden="true">{MARKS[status]}</span>
      <span className="visually-hidden">{status}</span>
    </span>
  );
}

export function ModeChip({ mode }: { mode: Mode }) {
  return <span className={`chip mode-${mode}`}>{mode === "execute" ? "Execute" : "Simulate"}</span>;
}

export function LiveChip({ state }: { state: LiveState }) {
  return (
    <span className={`chip live-${state.kind}`} role="status">
      {liveWord(state)}
    </span>
  );
}

function liveWord(state: LiveState): string {
  switch (state.kind) {
    case "live":
      return "Live";
    case "catching-up":
      return "Catching up";
    case "reconnecting":
      return `Reconnecting in ${state.seconds} s`;
    case "polling":
      return "Polling";
    case "paused":
      return "Paused";
    case "refused":
      return "Not live: you may no longer watch this";
  }
}
