// @vitest-environment jsdom
import { act, cleanup, renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Api } from "../api/client";
import type { Run } from "../api/runTypes";
import { SiteProvider } from "../app/context";
import { useRun } from "./useRun";

let sockets: FakeWebSocket[] = [];

class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    sockets.push(this);
  }
  send(): void {
    // nobody listens
  }
  close(): void {
    // its event does not matter any more
  }
  tell(run: Partial<Run>): void {
    act(() => this.onmessage?.({ data: JSON.stringify({ type: "news", seq: run.last_seq, run }) }));
  }
}

beforeEach(() => {
  sockets = [];
  vi.stubGlobal("WebSocket", FakeWebSocket);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function watch(api: Partial<Api> = {}) {
  const site = { home: "/", signIn: "/", api: api as Api };
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(SiteProvider, { value: site }, children);
  return renderHook(({ id }) => useRun(id), { initialProps: { id: 1 }, wrapper });
}

function socketOf(id: number): FakeWebSocket {
  const socket = sockets.find(({ url }) => url.endsWith(`/ws/runs/${id}/`));
  if (socket === undefined) throw new Error(`no socket of run ${id}`);
  return socket;
}

it("forgets the run before when another is looked at, and hears it no more", () => {
  const { result, rerender } = watch();
  socketOf(1).tell({ id: 1, status: "running", last_seq: 3 });
  expect(result.current.state.run?.id).toBe(1);
  rerender({ id: 2 });
  expect(result.current.state.run).toBeNull();
  socketOf(1).tell({ id: 1, status: "succeeded", last_seq: 4 });
  expect(result.current.state.run).toBeNull();
  socketOf(2).tell({ id: 2, status: "waiting", last_seq: 1 });
  expect(result.current.state.run?.id).toBe(2);
});

it("lets no late answer about the run before into the one that is looked at", async () => {
  let answer: (run: Run) => void = () => undefined;
  const { result, rerender } = watch({
    run: () => new Promise<Run>((resolve) => (answer = resolve)),
    steps: async () => [],
    logs: async () => ({ next: null, results: [] }),
  });
  act(() => result.current.refresh());
  rerender({ id: 2 });
  socketOf(2).tell({ id: 2, status: "waiting", last_seq: 1 });
  await act(async () => answer({ id: 1, status: "succeeded", last_seq: 9 } as Run));
  expect(result.current.state.run?.id).toBe(2);
});

it("never lets an older word cover the end of a run", () => {
  const { result } = watch();
  socketOf(1).tell({ id: 1, status: "succeeded", last_seq: 5 });
  socketOf(1).tell({ id: 1, status: "running", last_seq: 4 });
  expect(result.current.state.run?.status).toBe("succeeded");
});
