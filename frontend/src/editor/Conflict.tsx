import { useCallback, useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { navigate } from "../app/router";
import { useLoad } from "../app/useLoad";
import { changesBetween, sentenceOf } from "../graph/difference";
import { type Drawing, drawingOf } from "../graph/document";
import { apart, combined } from "../graph/merge";
import { validate, worldOf } from "../graph/validation";
import { Ago } from "../ui/Ago";
import type { Autosave } from "./autosave";
import { keptKey } from "./EditorPage";
import { errorsIn, findingsOf } from "./findings";
import { SeeBoth } from "./SeeBoth";
import { type Saving, useEditor, useSlice } from "./store";
import { nameOf, useWorld, type World } from "./world";

/** Somebody else saved: nothing here changes until one of the ways was chosen. */
export function Conflict({ saver }: { saver: Autosave }) {
  const saving = useSlice((state) => state.saving);
  return saving.state === "conflict" ? <Banner saver={saver} saving={saving} /> : null;
}

interface Props {
  saver: Autosave;
  saving: Extract<Saving, { state: "conflict" }>;
}

function Banner({ saver, saving }: Props) {
  const { api, home } = useSite();
  const world = useWorld();
  const { workflow, kinds } = world;
  const { store, actions } = useEditor();
  const mine = useSlice((state) => state.history.drawing);
  const [seeing, setSeeing] = useState(false);
  const [trouble, setTrouble] = useState("");
  const load = useCallback(
    async (signal: AbortSignal) => {
      const draft = await api.draft(workflow.id, signal);
      const { username } = await api.me(signal);
      return { theirs: drawingOf(draft), revision: draft.revision, username };
    },
    [api, workflow.id],
  );
  const [loaded, again] = useLoad(load);
  const found = loaded.state === "ready" ? loaded.value : null;
  const both = useMemo(
    () => (found === null ? null : together(saver.base(), mine, found.theirs, world)),
    [found, mine, saver, world],
  );

  /** Go on with another drawing, as one command, from their draft. */
  const goOn = (name: string, wanted: Drawing) => {
    if (found === null) return;
    actions.replace(name, wanted);
    store.setState({ opened: found.theirs });
    saver.settle(found.revision, name === TAKE ? store.getState().history.drawing : found.theirs);
  };
  const useMine = async () => {
    if (found === null) return;
    await api.keepCheckpoint(workflow.id, "save", `Before ${found.username} replaced it`);
    store.setState({ opened: found.theirs });
    saver.settle(found.revision, found.theirs);
  };
  const copy = async () => {
    const made = await api.createWorkflow({ name: `${workflow.name} (copy)`, module: workflow.module });
    await api.saveDraft(made.id, { schema: 1, revision: made.draft_revision, ...mine });
    localStorage.removeItem(keptKey(workflow.id));
    navigate(`${home}workflows/${made.id}/`);
  };
  const attempt = (work: () => Promise<void>) => () => {
    setTrouble("");
    work().catch((error: unknown) =>
      setTrouble(error instanceof ApiError ? error.message : "That could not be done. Try again."),
    );
  };
  return (
    <>
      <div className="conflict" role="alert">
        <p>
          {found?.username === saving.by
            ? "You changed this draft in another window"
            : `${saving.by} changed this draft`}{" "}
          <Ago at={saving.at} />
          {found !== null &&
            ` (${sentenceOf(changesBetween(saver.base(), found.theirs), (node) => nameOf(node, kinds))})`}
          . Yours is still here, unsaved.
        </p>
        {loaded.state === "failed" ? (
          <button type="button" onClick={again}>
            Load theirs again
          </button>
        ) : (
          <>
            {both?.merged && (
              <button type="button" className="primary" onClick={() => goOn("Combine", both.merged ?? mine)}>
                Combine
              </button>
            )}
            <button type="button" disabled={found === null} onClick={() => setSeeing(true)}>
              See both
            </button>
            <button
              type="button"
              disabled={found === null}
              onClick={() => found !== null && goOn(TAKE, found.theirs)}
            >
              Take theirs
            </button>
          </>
        )}
        <button type="button" onClick={attempt(copy)}>
          Keep mine as a copy
        </button>
        {trouble !== "" && <p>{trouble}</p>}
      </div>
      {seeing && found !== null && both !== null && (
        <SeeBoth
          theirs={found.theirs}
          mine={both.mine}
          who={saving.by}
          onTheirs={() => goOn(TAKE, found.theirs)}
          onMine={attempt(useMine)}
          onClose={() => setSeeing(false)}
        />
      )}
    </>
  );
}

const TAKE = "Take theirs";

/** My drawing kept apart from theirs, and both in one where that makes no problem that neither had. */
function together(base: Drawing, mine: Drawing, theirs: Drawing, world: World) {
  const own = apart(base, mine, theirs);
  const merged = combined(base, own, theirs);
  if (merged === null) return { mine: own, merged };
  const known = world.policies.map((policy) => policy.key);
  const judged = worldOf(world.catalog, world.modules, known);
  const problems = (drawing: Drawing) =>
    errorsIn(findingsOf(validate({ schema: 1, ...drawing }, judged), drawing)).map(
      ({ code, node, field }) => `${code} ${node} ${field}`,
    );
  const had = new Set([...problems(own), ...problems(theirs)]);
  return { mine: own, merged: problems(merged).every((problem) => had.has(problem)) ? merged : null };
}
