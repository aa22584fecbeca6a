import { useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { copied, readClip } from "../graph/clipboard";
import type { Drawing } from "../graph/document";
import { arrange } from "../graph/layout";
import type { Autosave } from "./autosave";
import { freeWay } from "./commands";
import { errorsIn } from "./findings";
import { INSPECTOR } from "./Inspector";
import { useShow } from "./Problems";
import { type Sample, subjectOf } from "./sample";
import { useEditor, useSlice } from "./store";
import { useWorld } from "./world";

export type Drawer = "problems" | "test" | "scenarios";
export type Dialog =
  | "commands"
  | "connect"
  | "publish"
  | "keys"
  | "checkpoints"
  | "checkpoint"
  | "step"
  | "share";
const CLIP = "automations.clip";

/** The drawer that the address names, so that other pages can lead to it. */
function shownFirst(): Drawer | null {
  return new URLSearchParams(location.search).get("show") === "scenarios" ? "scenarios" : null;
}

/** What is done in the editor beside changing the draft, and what is open in it. */
export function useBench(saver: Autosave | null) {
  const { api } = useSite();
  const { store, actions } = useEditor();
  const { workflow } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const findings = useSlice((state) => state.findings);
  const [drawer, setDrawer] = useState<Drawer | null>(shownFirst);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [testing, setTesting] = useState(false);
  const [trouble, setTrouble] = useState("");
  const show = useShow();

  const runTest = async () => {
    setDrawer("test");
    setTesting(true);
    setTrouble("");
    try {
      await saver?.flush();
      const { sample } = store.getState();
      const test = await api.runTest(workflow.id, { version: "draft", limit: 200, ...subjectOf(sample) });
      const { revision } = store.getState();
      store.setState({ test, tested: revision, candidate: null });
      actions.say(`${test.candidates.total} candidates.`);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "The test could not be run.");
      store.setState({ test: null, candidate: null });
    }
    setTesting(false);
  };
  /** Look at something else, and test it at once. */
  const testOn = (sample: Sample) => {
    store.setState({ sample, test: null, candidate: null });
    void runTest();
  };
  /** Along the path of the candidate that is looked at; false where none is. */
  const stepThrough = (by: number): boolean => {
    const { test, candidate, selected } = store.getState();
    const path = candidate === null ? undefined : test?.candidates.items[candidate]?.path;
    if (path === undefined) return false;
    const at = path.findIndex((step) => step.node === selected.at(-1));
    const next = path[Math.max(0, Math.min(path.length - 1, at + by))];
    if (next === undefined) return true;
    goTo(next.node);
    return true;
  };
  /** Choose a step and give it the focus, since keys are about the step that has it. */
  const goTo = (id: string) => {
    actions.select([id]);
    const name = CSS.escape(id);
    requestAnimationFrame(() =>
      document
        .querySelector<HTMLElement>(
          `.react-flow__node[data-id="${name}"], .outline li[data-node="${name}"] .outline-name`,
        )
        ?.focus({ preventScroll: true }),
    );
  };
  const publish = async () => {
    await saver?.flush();
    const blocking = errorsIn(store.getState().findings);
    if (blocking[0] !== undefined) {
      setDrawer("problems");
      show(blocking[0]);
      actions.say(`${blocking.length} problems keep this draft from being published.`);
    } else setDialog("publish");
  };
  const stepProblem = (by: number) => {
    const { selected } = store.getState();
    const at = findings.findIndex((finding) => finding.node === selected.at(-1));
    const next = findings[(at + by + findings.length) % findings.length];
    if (next !== undefined) show(next);
  };
  const focusInspector = () => {
    requestAnimationFrame(() => {
      const field = document.getElementById(INSPECTOR)?.querySelector<HTMLElement>("input, select, textarea");
      field?.focus();
      if (field instanceof HTMLInputElement) field.select(); // what is typed takes the place of the usual name
    });
  };
  const rename = (id: string) => {
    actions.select([id]);
    requestAnimationFrame(() => {
      const field = document.getElementById(`step-${id}-title`);
      if (field instanceof HTMLInputElement) field.select();
    });
  };
  /** Above everything, over the chosen step, where there is room. */
  const addNote = () => {
    const { history, selected } = store.getState();
    const places = new Map([...arrange(history.drawing).places, ...Object.entries(history.drawing.layout)]);
    const [first] = [...places.values()];
    const { x } = places.get(selected.at(-1) ?? "") ?? first ?? { x: 0 };
    const tops = [...places.values(), ...history.drawing.notes].map((place) => place.y);
    const key = actions.addNote({ x, y: Math.min(0, ...tops) - 150 });
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-testid="${key}"] textarea`)?.focus(),
      ),
    );
  };
  const addAfter = (id: string | undefined) => {
    const way = freeWay(store.getState().history.drawing, id);
    store.setState({ adding: way === null ? { where: "free" } : { where: "after", way } });
  };
  const copy = (ids: readonly string[]) => {
    void navigator.clipboard?.writeText(copied(drawing, ids)).catch(() => undefined);
    sessionStorage.setItem(CLIP, copied(drawing, ids));
    actions.say(`${ids.length} copied.`);
  };
  const paste = async () => {
    const text = await navigator.clipboard?.readText().catch(() => "");
    const clip = readClip(text ?? "") ?? readClip(sessionStorage.getItem(CLIP) ?? "");
    if (clip === null) actions.say("There are no copied steps to paste.");
    else actions.paste(clip);
  };
  const switchView = () =>
    store.setState((state) => ({ view: state.view === "graph" ? "outline" : "graph" }));
  const keepCheckpoint = async (name = "") => {
    await saver?.flush();
    await api.keepCheckpoint(workflow.id, "save", name);
  };
  /** Put an earlier drawing in the place of this one, which stays among the checkpoints. */
  const goBack = async (name: string, wanted: Drawing) => {
    await keepCheckpoint();
    actions.replace(name, wanted);
    actions.say(`${name}: done. Ctrl+Z takes it back.`);
  };

  return {
    drawer,
    setDrawer,
    dialog,
    setDialog,
    testing,
    trouble,
    save: () => saver?.flush(),
    runTest: () => void runTest(),
    testOn,
    publish: () => void publish(),
    stepProblem,
    stepThrough,
    goTo,
    focusInspector,
    rename,
    addAfter,
    addNote,
    copy,
    paste: () => void paste(),
    switchView,
    keepCheckpoint,
    goBack,
  };
}

export type Bench = ReturnType<typeof useBench>;
