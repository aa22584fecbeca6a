import { type KeyboardEvent, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import { useSite } from "../app/context";
import { navigate } from "../app/router";
import { copied, readClip } from "../graph/clipboard";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { type Autosave, readKept } from "./autosave";
import Canvas from "./Canvas";
import { Conflict } from "./Conflict";
import { freeWay } from "./commands";
import { AddDialog, ConnectDialog, Keys } from "./dialogs";
import { EmptyCanvas } from "./EmptyCanvas";
import { errorsIn } from "./findings";
import { INSPECTOR, Inspector } from "./Inspector";
import { Kept } from "./Kept";
import { isTyping } from "./keys";
import { LastRuns } from "./LastRuns";
import { Outline } from "./Outline";
import { Palette } from "./Palette";
import { type Option, PickDialog } from "./PickDialog";
import { Problems, useShow } from "./Problems";
import { PublishDialog } from "./PublishDialog";
import { SampleBar } from "./SampleBar";
import { useEditor, useSlice } from "./store";
import { TestDrawer } from "./TestDrawer";
import { Toolbar } from "./Toolbar";
import { nameOf, useWorld } from "./world";

const DRAWERS = ["problems", "test", "runs"] as const;
type Drawer = (typeof DRAWERS)[number];
type Dialog = "commands" | "connect" | "publish" | "keys" | null;

interface Props {
  saver: Autosave | null;
  refresh: () => Promise<void>;
  reload: () => void;
}

/** The editor's frame: bar, palette, graph or outline, inspector, drawer, and the keys that hold everywhere in it. */
export function Workbench({ saver, refresh }: Props) {
  const { api, home } = useSite();
  const { store, actions } = useEditor();
  const world = useWorld();
  const { workflow, kinds, readOnly } = world;
  const drawing = useSlice((state) => state.history.drawing);
  const view = useSlice((state) => state.view);
  const adding = useSlice((state) => state.adding);
  const announced = useSlice((state) => state.announced);
  const findings = useSlice((state) => state.findings);
  const [drawer, setDrawer] = useState<Drawer | null>(null);
  const [dialog, setDialog] = useState<Dialog>(null);
  const [testing, setTesting] = useState(false);
  const [trouble, setTrouble] = useState("");
  const show = useShow();
  const empty = drawing.nodes.length === 0;

  const runTest = async () => {
    setDrawer("test");
    setTesting(true);
    setTrouble("");
    try {
      await saver?.flush();
      const { sample } = store.getState();
      const wanted = sample === null ? { records: "live" as const } : { record: sample };
      const test = await api.runTest(workflow.id, { version: "draft", limit: 200, ...wanted });
      store.setState({ test, candidate: null });
      actions.say(`${test.candidates.total} candidates.`);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : "The test could not be run.");
      store.setState({ test: null, candidate: null });
    }
    setTesting(false);
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
    requestAnimationFrame(() =>
      document
        .getElementById(INSPECTOR)
        ?.querySelector<HTMLElement>("input, select, textarea, button")
        ?.focus(),
    );
  };
  const rename = (id: string) => {
    actions.select([id]);
    requestAnimationFrame(() => {
      const field = document.getElementById(`field-${id}-title`);
      if (field instanceof HTMLInputElement) field.select();
    });
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

  /** Keys of the graph; single letters only while it has the focus. */
  const onGraphKey = (key: string, event: KeyboardEvent): boolean => {
    const { selected } = store.getState();
    const last = selected.at(-1);
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl) {
      const letter = key.toLowerCase();
      if (letter === "a") actions.select(drawing.nodes.map((node) => node.id));
      else if (letter === "c" && last !== undefined) copy(selected);
      else if (readOnly) return false;
      else if (letter === "x" && last !== undefined) {
        copy(selected);
        actions.remove(selected);
      } else if (letter === "v") void paste();
      else if (letter === "d" && last !== undefined) {
        const clip = readClip(copied(drawing, selected));
        if (clip !== null) actions.paste(clip);
      } else return false;
      return true;
    }
    if (key === "Enter" && last !== undefined) focusInspector();
    else if (key === "o" || key === "O") store.setState({ view: view === "graph" ? "outline" : "graph" });
    else if (key === "?") setDialog("keys");
    else if (readOnly) return false;
    else if (key === "Delete" || key === "Backspace") actions.remove(selected);
    else if (key === "F2" && last !== undefined) rename(last);
    else if (key === "a" || key === "+") addAfter(last);
    else if (key === "c" && last !== undefined) setDialog("connect");
    else if (key === "L" && event.shiftKey) actions.tidy();
    else return false;
    return true;
  };

  // Keys that hold in the whole editor.
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (document.querySelector("dialog[open]") !== null) return;
      const ctrl = event.ctrlKey || event.metaKey;
      const letter = event.key.toLowerCase();
      let used = true;
      if (ctrl && letter === "k") setDialog("commands");
      else if (ctrl && letter === "s") void saver?.flush();
      else if (ctrl && event.key === "Enter") void runTest();
      else if (isTyping(event.target)) used = false;
      else if (ctrl && event.shiftKey && letter === "p") void publish();
      else if (ctrl && !readOnly && (letter === "y" || (letter === "z" && event.shiftKey))) actions.redo();
      else if (ctrl && !readOnly && letter === "z") actions.undo();
      else if (event.key === "F8") stepProblem(event.shiftKey ? -1 : 1);
      else used = false;
      if (used) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  const commands: Record<string, [string, () => void]> = {
    test: ["Run test", () => void runTest()],
    publish: ["Publish…", () => void publish()],
    add: ["Add a step…", () => addAfter(store.getState().selected.at(-1))],
    connect: ["Connect the chosen step…", () => setDialog("connect")],
    tidy: ["Tidy up the graph", actions.tidy],
    view: [
      view === "graph" ? "Show the outline" : "Show the graph",
      () => store.setState({ view: view === "graph" ? "outline" : "graph" }),
    ],
    problems: ["Show the problems", () => setDrawer("problems")],
    discard: [
      "Discard everything since I opened this",
      () => actions.replace("Discard changes", store.getState().opened),
    ],
    versions: ["Go to versions", () => navigate(`${home}workflows/${workflow.id}/versions/`)],
    runs: ["Go to runs", () => navigate(`${home}workflows/${workflow.id}/runs/`)],
    keys: ["Show the keys", () => setDialog("keys")],
  };
  const commandOptions: Option[] = [
    ...Object.entries(commands).map(([id, [label]]) => ({ id, label, group: "Command" })),
    ...drawing.nodes.map((node) => ({ id: `node ${node.id}`, label: nameOf(node, kinds), group: "Step" })),
  ];
  const onCommand = (id: string) => {
    if (id.startsWith("node ")) actions.select([id.slice("node ".length)]);
    else commands[id]?.[1]();
  };

  return (
    <div className="editor">
      <div className="editor-head">
        <p className="trail">
          <Link to="workflows/">Workflows</Link>
        </p>
        <Heading title={workflow.name} />
        <Toolbar
          onRunTest={() => void runTest()}
          onPublish={() => void publish()}
          onProblems={() => setDrawer(drawer === "problems" ? null : "problems")}
          onCommands={() => setDialog("commands")}
          onSaveAgain={() => void saver?.flush()}
        />
      </div>
      {saver !== null && <Conflict saver={saver} />}
      {saver !== null && <Kept saver={saver} read={readKept} />}
      <div className="editor-main">
        <Palette />
        <div className="editor-middle">
          <div className="editor-views">
            <fieldset className="views">
              <legend className="visually-hidden">View</legend>
              {(["graph", "outline"] as const).map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={view === one}
                  onClick={() => store.setState({ view: one })}
                >
                  {one === "graph" ? "Graph" : "Outline"}
                </button>
              ))}
            </fieldset>
            <SampleBar />
          </div>
          {empty ? <EmptyCanvas /> : view === "graph" ? <Canvas onKey={onGraphKey} /> : <Outline />}
        </div>
        <Inspector />
      </div>
      <section className="drawer" aria-label="Results">
        <div className="drawer-tabs">
          {DRAWERS.map((one) => (
            <button
              key={one}
              type="button"
              aria-expanded={drawer === one}
              onClick={() => setDrawer(drawer === one ? null : one)}
            >
              {drawerName(one, findings.length)}
            </button>
          ))}
        </div>
        {drawer === "problems" && (
          <div className="drawer-body">
            <Problems />
          </div>
        )}
        {drawer === "test" && (
          <div className="drawer-body">
            <TestDrawer busy={testing} trouble={trouble} />
          </div>
        )}
        {drawer === "runs" && (
          <div className="drawer-body">
            <LastRuns />
          </div>
        )}
      </section>
      <p className="visually-hidden" aria-live="assertive">
        {announced}
      </p>
      {adding !== null && <AddDialog adding={adding} onAdded={focusInspector} />}
      {dialog === "connect" && <ConnectDialog onClose={() => setDialog(null)} />}
      {dialog === "commands" && (
        <PickDialog
          title="Commands"
          options={commandOptions}
          onPick={onCommand}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "keys" && <Keys onClose={() => setDialog(null)} />}
      {dialog === "publish" && (
        <PublishDialog
          onClose={() => setDialog(null)}
          onPublished={(version) => {
            actions.say(`Version ${version.number} is live in simulate.`);
            void refresh();
          }}
        />
      )}
    </div>
  );
}

function drawerName(drawer: Drawer, problems: number): string {
  if (drawer === "problems") return `Problems ${problems}`;
  return drawer === "test" ? "Candidates" : "Last runs";
}

const CLIP = "automations.clip";
