import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import type { Draft, Validation } from "../api/types";
import type { Drawing } from "../graph/document";
import * as o from "../graph/operations";
import { type Autosave, autosave, MOST_MS, QUIET_MS, readKept } from "./autosave";
import { actionsOf, type EditorStore, editorStore } from "./store";

const DRAFT: Draft = {
  schema: 1,
  revision: 3,
  nodes: [{ id: "t1", type: "trigger.record", title: "", lane: "", config: {} }],
  edges: [],
  layout: {},
  notes: [],
};

const WHEN = "2026-03-02T09:00:00Z";

/** A server as it answers: it counts revisions, refuses old ones, and can be slow or away. */
class Server {
  revision = 3;
  saved: Draft[] = [];
  inFlight = 0;
  most = 0;
  slow = 0;
  away = false;
  faster = false;

  save = async (draft: Draft): Promise<Draft> => {
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
    if (this.slow > 0) await new Promise((done) => setTimeout(done, this.slow));
    this.inFlight -= 1;
    if (this.away) throw new ApiError(0, "The server can’t be reached.");
    if (this.faster) throw new ApiError(409, "Ada was faster.", "draft-changed", [], { by: "ada", at: WHEN });
    this.saved.push(draft);
    this.revision += 1;
    return { ...draft, revision: this.revision };
  };
  validate = async (): Promise<Validation> => ({
    revision: this.revision,
    digest: "d",
    valid: true,
    problems: [],
    workflows: [],
  });
}

let server: Server;
let store: EditorStore;
let saver: Autosave;
let kept: Map<string, string>;

const keep = () => ({
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
});
const rename = (title: string) => actionsOf(store).rename("t1", title);
const saving = () => store.getState().saving.state;
const current = (): Drawing => store.getState().history.drawing;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  kept = new Map();
  store = editorStore(DRAFT);
  const { found } = actionsOf(store);
  saver = autosave(store, {
    ...server,
    save: server.save,
    validate: server.validate,
    found,
    keep: keep(),
    key: "k",
  });
});

afterEach(() => {
  saver.stop();
  vi.useRealTimers();
});

it("saves a little after the last change, once", async () => {
  rename("A");
  rename("AB");
  await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
  expect(server.saved).toEqual([]);
  expect(saving()).toBe("waiting");
  await vi.advanceTimersByTimeAsync(1);
  expect(server.saved.map((draft) => [draft.revision, draft.nodes[0]?.title])).toEqual([[3, "AB"]]);
  expect(saving()).toBe("saved");
  expect(store.getState().revision).toBe(4);
  expect(store.getState().digest).toBe("d");
});

it("saves while somebody types on and on", async () => {
  for (let at = 0; at < MOST_MS + QUIET_MS; at += 400) {
    rename(`A${at}`);
    await vi.advanceTimersByTimeAsync(400);
  }
  expect(server.saved.length).toBeGreaterThan(0);
});

it("has one save in flight, and loses nothing of what is done meanwhile", async () => {
  server.slow = 3_000;
  rename("first");
  await vi.advanceTimersByTimeAsync(QUIET_MS + 10);
  for (const title of ["second", "third"]) {
    rename(title);
    await vi.advanceTimersByTimeAsync(QUIET_MS + 10);
  }
  await vi.advanceTimersByTimeAsync(12_000);
  expect(server.most).toBe(1);
  expect(server.saved.at(-1)?.nodes).toEqual(current().nodes);
  expect(saver.unsent()).toBe(false);
});

it("never puts the answer in the place of what is on the screen", async () => {
  const before = current();
  rename("mine");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(current()).not.toBe(before);
  expect(current().nodes[0]?.title).toBe("mine");
});

it("keeps what can’t be sent, tries again, and forgets it once it was sent", async () => {
  server.away = true;
  rename("kept");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(saving()).toBe("offline");
  expect(readKept(keep(), "k")?.drawing.nodes[0]?.title).toBe("kept");
  expect(readKept(keep(), "k")?.base.nodes[0]?.title).toBe("");
  server.away = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(saving()).toBe("saved");
  expect(kept.size).toBe(0);
});

it("stops at a conflict with the drawing as it is, until somebody chose", async () => {
  server.faster = true;
  rename("mine");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  rename("mine still");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(store.getState().saving).toEqual({
    state: "conflict",
    message: "Ada was faster.",
    by: "ada",
    at: WHEN,
  });
  expect(server.saved).toEqual([]);
  expect(saver.base().nodes).toEqual(DRAFT.nodes);
  expect(current().nodes[0]?.title).toBe("mine still");
  server.faster = false;
  saver.settle(9, saver.base());
  await vi.advanceTimersByTimeAsync(10);
  expect(server.saved.map((draft) => draft.revision)).toEqual([9]);
});

it("takes theirs without sending anything", async () => {
  server.faster = true;
  rename("mine");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  const theirs = { nodes: [], edges: [], layout: {}, notes: [] };
  actionsOf(store).replace("Take theirs", theirs);
  saver.settle(9, current());
  await vi.advanceTimersByTimeAsync(20_000);
  expect(saving()).toBe("saved");
  expect(server.saved).toEqual([]);
  expect(kept.size).toBe(0);
});

it("says what the server refused", async () => {
  server.save = async () => {
    throw new ApiError(422, "A number is too long.");
  };
  saver.stop();
  saver = autosave(store, {
    save: server.save,
    validate: server.validate,
    found: () => undefined,
    keep: keep(),
    key: "k",
  });
  rename("x");
  await vi.advanceTimersByTimeAsync(QUIET_MS);
  expect(store.getState().saving).toEqual({ state: "refused", message: "A number is too long." });
});

it("sends what is unsent when the editor is left", async () => {
  rename("last");
  saver.stop();
  await vi.advanceTimersByTimeAsync(10);
  expect(server.saved).toHaveLength(1);
});

it("saves at once when asked, and what undo brought back too", async () => {
  rename("A");
  await saver.flush();
  actionsOf(store).undo();
  await saver.flush();
  expect(server.saved.map((draft) => draft.nodes[0]?.title)).toEqual(["A", ""]);
  expect(o.nodeOf(current(), "t1")?.title).toBe("");
});

it.each([
  "",
  "{",
  "{}",
  '{"revision": 1}',
  '{"revision": 1, "drawing": {}}',
  '{"revision": 1, "drawing": {"nodes": []}}',
])("takes up nothing of %j", (text) => {
  kept.set("k", text);
  expect(readKept(keep(), "k")).toBeNull();
});
