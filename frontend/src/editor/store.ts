/** The state of one open editor: the draft with its history, what is chosen, what was found, how saving goes. */

import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { RunTest } from "../api/runTypes";
import type { Draft, Validation } from "../api/types";
import { canBeDisabled, following, reachable } from "../graph/branches";
import { type Drawing, drawingOf, type Layout, type Place } from "../graph/document";
import { begin, type History, perform, redo, undo } from "../graph/history";
import * as notes from "../graph/notes";
import * as operations from "../graph/operations";
import * as policies from "../graph/policies";
import { validate, type World } from "../graph/validation";
import { type Finding, findingsOf, knownFindings } from "./findings";
import type { Sample } from "./sample";

export type Saving =
  | { state: "saved"; at: number | null }
  | { state: "waiting" }
  | { state: "saving" }
  | { state: "offline" }
  | { state: "refused"; message: string }
  | { state: "conflict"; message: string; by: string; at: string | null };

/** Where the next node goes: after a way out, into an edge, or free. */
export type Adding =
  | { where: "after"; way: operations.Way }
  | { where: "edge"; edge: string }
  | { where: "free" };

export interface EditorState {
  history: History;
  /** As it was when the editor was opened. */
  opened: Drawing;
  revision: number;
  digest: string;
  selected: readonly string[];
  /** Places of nodes that are being dragged; they become one command at the drop. */
  dragged: Layout;
  /** Of the draft as it is. */
  findings: readonly Finding[];
  /** The server's last word, and the draft that it is about. */
  judged: { findings: readonly Finding[]; drawing: Drawing };
  saving: Saving;
  /** The last test and the candidate that is looked at. */
  test: RunTest | null;
  /** The revision that the test was about. */
  tested: number;
  candidate: number | null;
  /** What previews and tests look at; null is all live records. */
  sample: Sample | null;
  adding: Adding | null;
  /** The way out that waits for its target. */
  armed: operations.Way | null;
  /** The steps that a team is asked for. */
  teamFor: readonly string[] | null;
  /** The rule that a policy is to be made of. */
  extracting: unknown;
  view: "graph" | "outline";
  /** Said to those who listen: refusals, what undo took back. */
  announced: string;
}

export interface EditorStore extends StoreApi<EditorState> {}

export function editorStore(draft: Draft): EditorStore {
  const drawing = drawingOf(draft);
  return createStore<EditorState>(() => ({
    history: begin(drawing),
    opened: drawing,
    revision: draft.revision,
    digest: "",
    selected: [],
    dragged: {},
    findings: [],
    judged: { findings: [], drawing },
    saving: { state: "saved", at: null },
    test: null,
    tested: draft.revision,
    candidate: null,
    sample: null,
    adding: null,
    armed: null,
    teamFor: null,
    extracting: null,
    view: "graph",
    announced: "",
  }));
}

/** Judge the draft at once whenever it changes; the server's word follows with the save. Answers how to stop. */
export function judgeAtOnce(store: EditorStore, world: World): () => void {
  return store.subscribe((state, before) => {
    const { drawing } = state.history;
    if (
      drawing === before.history.drawing ||
      (drawing.nodes === before.history.drawing.nodes && drawing.edges === before.history.drawing.edges)
    )
      return;
    const local = validate({ schema: 1, ...drawing }, world);
    const { judged } = state;
    store.setState({ findings: knownFindings(local, drawing, judged.findings, judged.drawing) });
  });
}

/** What is done in the editor, by name. Everything that changes the draft goes through `change`. `configOf` gives the
 * settings that are known of a new node, `labelOf` what it is called until somebody names it. */
export function actionsOf(
  store: EditorStore,
  configOf: (type: string) => Readonly<Record<string, unknown>> = () => ({}),
  labelOf: (type: string) => string = () => "",
) {
  const drawing = () => store.getState().history.drawing;
  const change = (name: string, recipe: (drawing: Drawing) => void, gesture = "") => {
    store.setState((state) => ({ history: perform(state.history, name, recipe, gesture) }));
  };
  const say = (announced: string) => store.setState({ announced });
  const select = (selected: readonly string[]) => store.setState({ selected });
  const step = (take: typeof undo, name: string | undefined, verb: string) => {
    store.setState((state) => {
      const history = take(state.history);
      const { drawing } = history;
      const known = new Set([...drawing.nodes.map((node) => node.id), ...drawing.notes.map(notes.noteKey)]);
      const selected = state.selected.filter((id) => known.has(id));
      return {
        history,
        selected,
        announced: name === undefined ? `Nothing to ${verb}.` : `${name}: ${verb} done.`,
      };
    });
  };

  return {
    change,
    say,
    select,
    undo: () => step(undo, store.getState().history.past.at(-1)?.name, "undo"),
    redo: () => step(redo, store.getState().history.future.at(-1)?.name, "redo"),
    /** Put a node where `adding` says, choose it and answer its id. */
    add: (type: string, adding: Adding, place?: { x: number; y: number }): string => {
      let id = "";
      change("Add step", (draft) => {
        id =
          adding.where === "edge"
            ? operations.insertOnEdge(draft, adding.edge, type)
            : operations.addNode(
                draft,
                type,
                adding.where === "after" ? adding.way : undefined,
                place,
                configOf(type),
              );
        operations.rename(draft, id, operations.freeTitle(draft, labelOf(type)));
      });
      store.setState({ selected: [id], adding: null, armed: null });
      return id;
    },
    connect: (from: string, branch: string, to: string) => {
      const refused = operations.whyNotConnect(drawing(), from, branch, to);
      if (refused === "") change("Connect", (draft) => void operations.connect(draft, from, branch, to));
      say(refused === "" ? "Connected." : refused);
      return refused;
    },
    leadTo: (from: string, branch: string, to: string) => {
      let refused = "";
      change("Connect", (draft) => {
        refused = operations.leadTo(draft, from, branch, to);
      });
      if (refused !== "") say(refused);
      return refused;
    },
    disconnect: (edge: string) => change("Disconnect", (draft) => operations.disconnect(draft, edge)),
    /** What stood before a deleted step leads on to what came after it, unless a gap is wanted. */
    remove: (ids: readonly string[], join = true) => {
      if (ids.length === 0) return;
      const what = ids.every(notes.isNoteKey) ? "note" : "step";
      change(ids.length === 1 ? `Delete ${what}` : `Delete ${what}s`, (draft) =>
        operations.removeNodes(draft, ids, join),
      );
      select([]);
      const one = `${what === "note" ? "Note" : "Step"} deleted. Ctrl+Z brings it back.`;
      say(ids.length === 1 ? one : `${ids.length} deleted.`);
    },
    /** Choose all that comes after what is chosen, too. */
    selectAfter: () => {
      const after = reachable(following(drawing().edges), store.getState().selected);
      select([...after]);
      say(`${after.size} chosen.`);
    },
    /** Disable the steps; where all that can be are disabled, enable them. */
    toggleDisabled: (ids: readonly string[]) => {
      const able = drawing().nodes.filter(
        (node) => ids.includes(node.id) && (node.disabled || canBeDisabled(node)),
      );
      const disabled = able.some((node) => !node.disabled);
      const own = able.map((node) => node.id);
      if (able.length > 0) {
        change(disabled ? "Disable" : "Enable", (draft) => operations.setDisabled(draft, own, disabled));
        say(disabled ? "Disabled: runs go on without it." : "Enabled.");
      } else say("Only actions with a plain way out can be disabled.");
    },
    addNote: (place: Place): string => {
      let key = "";
      change("Add note", (draft) => {
        key = notes.addNote(draft, place);
      });
      if (key === "") say(`There is room for ${notes.MAX_NOTES} notes.`);
      else store.setState({ selected: [key], view: "graph" });
      return key;
    },
    writeNote: (key: string, text: string) =>
      change("Write note", (draft) => notes.writeNote(draft, key, text), `write ${key}`),
    resizeNote: (key: string, size: { width: number; height: number }, gesture = "") =>
      change("Resize note", (draft) => notes.resizeNote(draft, key, size), gesture),
    rename: (id: string, title: string) =>
      change("Rename", (draft) => operations.rename(draft, id, title), `rename ${id}`),
    setLane: (ids: readonly string[], lane: string) =>
      change("Change team", (draft) => operations.setLane(draft, ids, lane), `lane ${ids.join()}`),
    configure: (id: string, config: Record<string, unknown>, field: string) =>
      change("Change settings", (draft) => operations.configure(draft, id, config), `config ${id} ${field}`),
    /** Put a policy in the place of a rule, wherever the draft holds it, as one command. */
    insertPolicy: (rule: unknown, key: string) => {
      let places = 0;
      change("Extract policy", (draft) => {
        places = policies.insertPolicy(draft, rule, key);
      });
      say(
        `The policy stands in the rule’s place${places === 1 ? "" : `, in ${places} places`}. Ctrl+Z puts the rule back.`,
      );
    },
    /** Give steps to a team, as one command with their move; other things that moved with them stay there. */
    moveToLane: (ids: readonly string[], lane: string, places: Layout = {}) => {
      change("Move to team", (draft) => {
        operations.move(draft, places);
        operations.moveToLane(draft, ids, lane);
      });
      say(lane === "" ? "Moved to no team." : `Moved to ${lane}.`);
    },
    move: (places: Layout, gesture = "") =>
      change("Move", (draft) => operations.move(draft, places), gesture),
    tidy: () => change("Tidy up", operations.tidy),
    paste: (clip: Drawing) => {
      let ids: string[] = [];
      change("Paste", (draft) => {
        ids = operations.paste(draft, clip);
      });
      select(ids);
      say(`${ids.length} pasted.`);
    },
    /** Put another drawing in the place of this one, as one command. */
    replace: (name: string, wanted: Drawing) => {
      change(name, (draft) => Object.assign(draft, structuredClone(wanted)));
      select([]);
    },
    /** The server's word about a draft that was saved. */
    found: (validation: Validation, of: Drawing) => {
      const findings = findingsOf(validation.problems, of);
      store.setState({ judged: { findings, drawing: of }, digest: validation.digest });
      if (drawing() === of) store.setState({ findings });
    },
  };
}

export type Actions = ReturnType<typeof actionsOf>;

export interface Editor {
  store: EditorStore;
  actions: Actions;
}

const EditorContext = createContext<Editor | null>(null);
export const EditorProvider = EditorContext.Provider;

export function useActions(): Actions {
  return useEditor().actions;
}

/** A slice of the editor's state; the component is drawn anew only when the slice is another. */
export function useSlice<Slice>(slice: (state: EditorState) => Slice): Slice {
  return useStore(useEditor().store, slice);
}

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === null) throw new Error("This must be inside EditorProvider.");
  return editor;
}
