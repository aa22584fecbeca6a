/**
 * Saving by itself: 0.8 s after the last change, at most 5 s after the first unsaved one, one request at a time. What is
 * saved never replaces what is on the screen. What could not be sent is kept in the browser and offered after a reload.
 */

import { ApiError } from "../api/client";
import type { Draft, Validation } from "../api/types";
import { type Drawing, drawingOf } from "../graph/document";
import type { EditorStore, Saving } from "./store";

export const QUIET_MS = 800;
export const MOST_MS = 5_000;
const RETRY_MS = 3_000;

/** Where unsent changes are kept; a browser's localStorage. */
export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Saves {
  save: (draft: Draft) => Promise<Draft>;
  validate: () => Promise<Validation>;
  found: (validation: Validation, of: Drawing) => void;
  keep: Keep;
  key: string;
}

export interface Kept {
  revision: number;
  /** What `drawing` was edited from. */
  base: Drawing;
  drawing: Drawing;
}

/** What an earlier visit could not send, if it differs from the draft as it is; null without any. */
export function readKept(keep: Keep, key: string): Kept | null {
  try {
    const value = JSON.parse(keep.getItem(key) ?? "null") as Partial<Kept> | null;
    if (value === null || typeof value.revision !== "number") return null;
    const { revision, base, drawing } = value;
    if (!Array.isArray(drawing?.nodes) || !Array.isArray(base?.nodes)) return null;
    return { revision, base: drawingOf(base), drawing: drawingOf(drawing) };
  } catch {
    return null;
  }
}

/** Watch the store and save. Answers how to save at once, how to go on after a conflict, and how to stop. */
export function autosave(store: EditorStore, saves: Saves) {
  let saved = store.getState().history.drawing;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let unsavedSince = 0;
  let busy: Promise<void> | null = null;
  let stopped = false;

  const set = (saving: Saving) => {
    if (!stopped) store.setState({ saving });
  };
  const current = () => store.getState().history.drawing;

  const schedule = (wait: number) => {
    clearTimeout(quiet);
    if (!stopped) quiet = setTimeout(() => void flush(), wait);
  };

  const onChange = () => {
    if (current() === saved) return;
    const now = Date.now();
    if (unsavedSince === 0) unsavedSince = now;
    keepUnsent();
    const { saving } = store.getState();
    if (saving.state === "conflict") return; // nothing is sent until somebody has chosen
    if (busy === null && saving.state !== "offline") set({ state: "waiting" });
    schedule(Math.max(0, Math.min(QUIET_MS, unsavedSince + MOST_MS - now)));
  };

  const keepUnsent = () => {
    try {
      const kept: Kept = { revision: store.getState().revision, base: saved, drawing: current() };
      saves.keep.setItem(saves.key, JSON.stringify(kept));
    } catch {
      // Full, or forbidden: then only what reaches the server is kept.
    }
  };

  const send = async () => {
    const drawing = current();
    const { revision } = store.getState();
    set({ state: "saving" });
    try {
      const answer = await saves.save({ schema: 1, revision, ...drawing });
      saved = drawing;
      store.setState({ revision: answer.revision });
      if (current() === saved) {
        unsavedSince = 0;
        saves.keep.removeItem(saves.key);
      } else unsavedSince = Date.now();
      set({ state: "saved", at: Date.now() });
      // Not waited for: the next save must not stand behind it.
      saves.validate().then(
        (validation) => {
          if (!stopped && validation.revision === store.getState().revision) saves.found(validation, drawing);
        },
        () => undefined, // the next save asks again
      );
    } catch (error) {
      set(refused(error));
    }
  };

  /** Send what is unsent, now. Resolves when it was sent or could not be. */
  const flush = async (): Promise<void> => {
    clearTimeout(quiet);
    if (busy !== null) {
      await busy;
      if (current() !== saved && store.getState().saving.state === "saved") await flush();
      return;
    }
    if (current() === saved || store.getState().saving.state === "conflict") return;
    busy = send();
    await busy;
    busy = null;
    const { state } = store.getState().saving;
    if (state === "offline") schedule(RETRY_MS);
    else if (state === "saved" && current() !== saved) onChange();
  };

  /** Go on from `theirs`, the draft of `revision`, with what is on the screen: it is sent where it is another. */
  const settle = (revision: number, theirs: Drawing) => {
    saved = theirs;
    store.setState({ revision, saving: { state: "waiting" } });
    if (current() === saved) {
      unsavedSince = 0;
      saves.keep.removeItem(saves.key);
      set({ state: "saved", at: Date.now() });
    } else schedule(0);
  };

  const unsubscribe = store.subscribe((state, before) => {
    if (state.history.drawing !== before.history.drawing) onChange();
  });
  /** Send what is left, and watch no more. */
  const stop = (): Promise<void> => {
    unsubscribe();
    const sent = flush();
    stopped = true;
    clearTimeout(quiet);
    return sent;
  };
  return { flush, settle, stop, unsent: () => current() !== saved, base: () => saved };
}

export type Autosave = ReturnType<typeof autosave>;

function refused(error: unknown): Saving {
  if (!(error instanceof ApiError)) return { state: "refused", message: "The draft could not be saved." };
  if (error.status === 0 || error.status >= 500) return { state: "offline" };
  if (error.status === 409 && error.code === "draft-changed") {
    const { by, at } = error.facts;
    return {
      state: "conflict",
      message: error.message,
      by: typeof by === "string" ? by : "Somebody",
      at: typeof at === "string" ? at : null,
    };
  }
  return { state: "refused", message: error.message };
}
