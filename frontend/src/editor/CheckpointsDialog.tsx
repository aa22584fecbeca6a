import { useCallback, useRef, useState } from "react";
import { ApiError } from "../api/client";
import type { Checkpoint, CheckpointDetail, ListedCheckpoint } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { DifferenceView } from "../difference/DifferenceView";
import { canonical } from "../graph/difference";
import { type Drawing, drawingOf } from "../graph/document";
import { MAX_COMMANDS } from "../graph/history";
import { Ago } from "../ui/Ago";
import { Show } from "../ui/Page";
import { useModal } from "../ui/useModal";
import type { Bench } from "./bench";
import { useSlice } from "./store";
import { useWords } from "./summary";
import { useWorld } from "./world";

const OCCASIONS: Record<Checkpoint["occasion"], string> = {
  open: "When the editor was opened",
  save: "Kept by hand",
  leave: "When the editor was left",
  publish: "When it was published",
};

/** The draft as it was at earlier moments, how it differs from now, and the ways back. */
export function CheckpointsDialog({ bench }: { bench: Bench }) {
  const { api } = useSite();
  const { workflow } = useWorld();
  const opened = useSlice((state) => state.opened);
  const drawing = useSlice((state) => state.history.drawing);
  const done = useSlice((state) => state.history.past.length);
  const [looked, setLooked] = useState<CheckpointDetail | null>(null);
  const [trouble, setTrouble] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  const { save } = bench;
  // biome-ignore lint/correctness/useExhaustiveDependencies: loaded once for each opening; `save` is another each time.
  const load = useCallback(
    async (signal: AbortSignal) => {
      await save(); // what is told is how the draft differs as it is here
      return (await api.checkpoints(workflow.id, signal)).results;
    },
    [api, workflow.id],
  );
  const [loaded, again] = useLoad(load);
  const attempt = (work: () => Promise<void>) => () => {
    setTrouble("");
    work().catch((error: unknown) =>
      setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again."),
    );
  };
  const goBack = async (name: string, wanted: Drawing) => {
    await bench.goBack(name, wanted);
    dialog.current?.close();
  };
  const same = opened === drawing || canonical(opened) === canonical(drawing);
  return (
    <dialog
      ref={dialog}
      className="widest"
      aria-labelledby="checkpoints-title"
      onClose={() => bench.setDialog(null)}
    >
      <h2 id="checkpoints-title">Checkpoints</h2>
      <button type="button" disabled={same} onClick={attempt(() => goBack("Discard changes", opened))}>
        Discard everything since I opened this ({same ? "no changes" : countOf(done)})
      </button>
      <Show loaded={loaded} again={again}>
        {(rows) => (
          <ol className="checkpoints">
            {rows.map((row) => (
              <li key={row.number}>
                <span>
                  <strong>{titleOf(row)}</strong>{" "}
                  <span className="note">
                    <Ago at={row.made_at} /> by {row.made_by ?? "somebody who is gone"}
                  </span>
                  <br />
                  {differenceOf(row)}
                </span>
                <button
                  type="button"
                  aria-expanded={looked?.number === row.number}
                  aria-label={`Compare with ${titleOf(row)}`}
                  onClick={attempt(async () =>
                    setLooked(
                      looked?.number === row.number ? null : await api.checkpoint(workflow.id, row.number),
                    ),
                  )}
                >
                  Compare
                </button>
                <button
                  type="button"
                  aria-label={`Go back to ${titleOf(row)}`}
                  onClick={attempt(async () => {
                    const { document } = await api.checkpoint(workflow.id, row.number);
                    await goBack("Go back to a checkpoint", drawingOf(document));
                  })}
                >
                  Go back to this
                </button>
                {looked?.number === row.number && <Compared before={looked.document} after={drawing} />}
              </li>
            ))}
          </ol>
        )}
      </Show>
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      <div className="buttons">
        <button type="button" onClick={() => bench.setDialog("checkpoint")}>
          Keep a checkpoint…
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

function Compared({ before, after }: { before: Drawing; after: Drawing }) {
  const { kinds } = useWorld();
  const words = useWords();
  return (
    <section aria-label="Since then" className="checkpoints-compared">
      <DifferenceView before={before} after={after} kinds={kinds} words={words} />
    </section>
  );
}

function titleOf(row: Checkpoint): string {
  return row.name === "" ? OCCASIONS[row.occasion] : `“${row.name}”`;
}

function countOf(changes: number): string {
  if (changes >= MAX_COMMANDS) return `${MAX_COMMANDS} changes or more`;
  return changes === 1 ? "1 change" : `${changes} changes`;
}

/** "3 steps and 1 connection are others now." */
function differenceOf({ steps, connections }: ListedCheckpoint): string {
  const parts = [
    [steps, steps === 1 ? "step" : "steps"],
    [connections, connections === 1 ? "connection" : "connections"],
  ].filter(([count]) => count !== 0);
  if (parts.length === 0) return "Same as the draft now.";
  return `${parts.map((part) => part.join(" ")).join(" and ")} changed since.`;
}
