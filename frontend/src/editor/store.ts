/** The state of one open editor: the draft with its history, what is chosen, what was found, how saving goes. */

import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Draft, RunTest, Validation } from "../api/types";
import type { Drawing, Layout } from "../graph/document";
import { begin, type History, perform, redo, undo } from "../graph/history";
import * as operations from "../graph/operations";
import { validate, type World } from "../graph/validation";
import { type Finding, findingsOf, knownFindings } from "./findings";

export type Saving =
  | { state: "saved"; at: number | null }
  | { state: "waiting" }
  | { state: "saving" }
  | { state: "offline" }
  | { state: "refused"; message: string }
  | { state: "conflict"; message: string };

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
  candidate: number | null;
  /** The key of the record that previews and tests look at. */
  sample: string | null;
  adding: Adding | null;
  view: "graph" | "outline";
  /** Said to those who listen: refusals, what undo took back. */
  announced: string;
}

export interface EditorStore extends StoreApi<EditorState> {}

export function editorStore(draft: Draft): EditorStore {
  const drawing: Drawing = { nodes: draft.nodes, edges: draft.edges, layout: draft.layout };
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
    candidate: null,
    sample: null,
    adding: null,
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

/** What is done in the editor, by name. Everything that changes the draft goes through `change`. */
export function actionsOf(store: EditorStore) {
  const drawing = () => store.getState().history.drawing;
  const change = (name: string, recipe: (drawing: Drawing) => void, gesture = "") => {
    store.setState((state) => ({ history: perform(state.history, name, recipe, gesture) }));
  };
  const say = (announced: string) => store.setState({ announced });
  const select = (selected: readonly string[]) => store.setState({ selected });
  const step = (take: typeof undo, name: string | undefined, verb: string) => {
    store.setState((state) => {
      const history = take(state.history);
      const known = new Set(history.drawing.nodes.map((node) => node.id));
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
            : operations.addNode(draft, type, adding.where === "after" ? adding.way : undefined, place);
      });
      store.setState({ selected: [id], adding: null });
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
    remove: (ids: readonly string[]) => {
      if (ids.length === 0) return;
      change(ids.length === 1 ? "Delete step" : "Delete steps", (draft) =>
        operations.removeNodes(draft, ids),
      );
      select([]);
      say(ids.length === 1 ? "Step deleted. Ctrl+Z brings it back." : `${ids.length} steps deleted.`);
    },
    rename: (id: string, title: string) =>
      change("Rename", (draft) => operations.rename(draft, id, title), `rename ${id}`),
    setLane: (ids: readonly string[], lane: string) =>
      change("Change team", (draft) => operations.setLane(draft, ids, lane), `lane ${ids.join()}`),
    configure: (id: string, config: Record<string, unknown>, field: string) =>
      change("Change settings", (draft) => operations.configure(draft, id, config), `config ${id} ${field}`),
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
