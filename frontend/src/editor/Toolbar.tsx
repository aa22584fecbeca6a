import { ModeChip } from "../ui/chips";
import { dateTime } from "../ui/format";
import { Link } from "../ui/Link";
import type { Bench } from "./bench";
import { errorsIn } from "./findings";
import { useRunsMode } from "./runs/useRunsMode";
import { type Saving, useEditor, useSlice } from "./store";
import { useWorld } from "./world";

/** Name, state of saving, problems, and what is done with the whole draft. */
export function Toolbar({ bench }: { bench: Bench }) {
  const { workflow, versions, readOnly } = useWorld();
  const { actions } = useEditor();
  const { on: watching } = useRunsMode();
  const findings = useSlice((state) => state.findings);
  const digest = useSlice((state) => state.digest);
  const past = useSlice((state) => state.history.past.at(-1)?.name);
  const future = useSlice((state) => state.history.future.at(-1)?.name);
  const started = useSlice((state) =>
    state.history.drawing.nodes.some((node) => node.type.startsWith("trigger.")),
  );
  const live = versions.find((version) => version.number === workflow.active_version);
  const errors = errorsIn(findings).length;
  // Beside the last runs there is nothing that works on the draft.
  const may = (right: string) => !watching && workflow.rights.includes(right);
  return (
    <div className="editor-bar" role="toolbar" aria-label="Workflow">
      {live === undefined ? <span className="chip">Draft</span> : <ModeChip mode={workflow.mode} />}
      {live !== undefined && (
        <span className="note">
          v{live.number} live{digest !== "" && digest !== live.digest && " · draft differs"}
        </span>
      )}
      {workflow.mode === "execute" && workflow.simulate_only && (
        <Link className="chip" to="mode-policies/">
          held to simulate
        </Link>
      )}
      {workflow.glass_broken && (
        <Link className="chip glass-chip" to={`workflows/${workflow.id}/promote/`}>
          ⚠ acts past the gate
        </Link>
      )}
      {workflow.paused_at !== null && <span className="chip paused">Paused</span>}
      {workflow.standstill !== null && (
        <Link className="chip paused" to={`workflows/${workflow.id}/settings/`}>
          {workflow.standstill.until === null
            ? "Stands still"
            : `Stands still until ${dateTime(workflow.standstill.until)}`}
        </Link>
      )}
      {readOnly ? (
        <span className="chip">You can look, not edit</span>
      ) : (
        <SavingNote onSaveAgain={bench.save} />
      )}
      {started && !watching && (
        <button
          type="button"
          className={errors > 0 ? "chip unfinished" : "chip"}
          onClick={() => bench.setDrawer(bench.drawer === "problems" ? null : "problems")}
        >
          {problemWord(errors, findings.length - errors)}
        </button>
      )}
      <span className="editor-bar-gap" />
      {may("edit") && (
        <>
          <button
            type="button"
            aria-label={past ? `Undo: ${past}` : "Undo"}
            disabled={!past}
            onClick={actions.undo}
          >
            ↶
          </button>
          <button
            type="button"
            aria-label={future ? `Redo: ${future}` : "Redo"}
            disabled={!future}
            onClick={actions.redo}
          >
            ↷
          </button>
        </>
      )}
      {may("edit") && (
        <button type="button" onClick={() => bench.setDialog("checkpoints")} aria-keyshortcuts="Control+S">
          Checkpoints
        </button>
      )}
      {may("edit") && (
        <button type="button" onClick={() => bench.setDialog("share")}>
          Share…
        </button>
      )}
      {!watching && (
        <button type="button" onClick={() => bench.setDialog("commands")} aria-keyshortcuts="Control+K">
          Commands
        </button>
      )}
      {may("run_test") && (
        <button type="button" onClick={bench.runTest} aria-keyshortcuts="Control+Enter">
          Run test
        </button>
      )}
      {may("publish") && (
        <button
          type="button"
          className="primary"
          onClick={bench.publish}
          title={errors > 0 ? "Shows what blocks" : ""}
        >
          Publish…
        </button>
      )}
    </div>
  );
}

function problemWord(errors: number, warnings: number): string {
  if (errors > 0) return errors === 1 ? "⚠ 1 problem" : `⚠ ${errors} problems`;
  return warnings === 0 ? "✓ valid" : `✓ valid, ${warnings} worth a look`;
}

function SavingNote({ onSaveAgain }: { onSaveAgain: () => void }) {
  const saving = useSlice((state) => state.saving);
  return (
    <span className={`saving saving-${saving.state}`} role="status">
      {savingWord(saving)}
      {saving.state === "refused" && (
        <button type="button" onClick={onSaveAgain}>
          Try again
        </button>
      )}
    </span>
  );
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function savingWord(saving: Saving): string {
  switch (saving.state) {
    case "saved":
      return saving.at === null ? "Saved" : `Saved ${CLOCK.format(saving.at)}`;
    case "waiting":
    case "saving":
      return "Saving…";
    case "offline":
      return "Offline: your changes are kept here";
    case "refused":
      return `Not saved: ${saving.message}`;
    case "conflict":
      return "Not saved: somebody else changed this draft";
  }
}
