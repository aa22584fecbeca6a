import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../api/runTypes";
import { backoff, LiveSocket, type LiveState } from "./socket";

/** What the browser gives the client: callbacks in, sent texts out. */
class FakeWebSocket {
  sent: string[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
  frame(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  cut(code = 1006): void {
    this.onclose?.({ code });
  }
}

function begin(after = 0, tab?: string) {
  const sockets: FakeWebSocket[] = [];
  const states: LiveState[] = [];
  const frames: Frame[] = [];
  const poll = vi.fn(async (cursor: number) => cursor + 2);
  const live = new LiveSocket({
    url: "ws://here/ws/runs/1/",
    after,
    tab,
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    poll,
    open: () => {
      const socket = new FakeWebSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    random: () => 0.5,
  });
  live.start();
  const newest = () => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  };
  return { live, sockets, states, frames, poll, newest, kind: () => states.at(-1)?.kind };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the live socket", () => {
  it("tells its cursor when it opens and is live with the first answer", () => {
    const { newest, kind } = begin(7);
    newest().onopen?.();
    expect(newest().sent).toEqual(['{"after":7}']);
    expect(kind()).toBe("catching-up");
    newest().frame({ type: "nothing", seq: 7 });
    expect(kind()).toBe("live");
  });

  it("comes back after a cut with the cursor that it had reached", () => {
    const { newest, sockets, kind } = begin();
    newest().frame({ type: "replay", seq: 10, entries: [] });
    newest().cut();
    expect(kind()).toBe("reconnecting");
    vi.advanceTimersByTime(300);
    expect(sockets).toHaveLength(2);
    newest().onopen?.();
    expect(newest().sent).toEqual(['{"after":10}']);
  });

  it("takes the server's cursor on reset, also when it is smaller", () => {
    const { live, newest } = begin(40);
    newest().frame({ type: "reset", seq: 3 });
    expect(live.cursor).toBe(3);
  });

  it("polls after three failed tries and stops polling when the socket is back", async () => {
    const { live, newest, kind, poll } = begin(5);
    for (let turn = 0; turn < 3; turn += 1) {
      newest().cut();
      if (turn < 2) await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(kind()).toBe("polling");
    await vi.advanceTimersByTimeAsync(0);
    expect(poll).toHaveBeenCalledWith(5);
    expect(live.cursor).toBe(7);
    await vi.advanceTimersByTimeAsync(2_000);
    newest().frame({ type: "nothing", seq: 7 });
    expect(kind()).toBe("live");
    const before = poll.mock.calls.length;
    await vi.advanceTimersByTimeAsync(9_000);
    expect(poll.mock.calls.length).toBe(before);
  });

  it.each([4401, 4403])("does not come back after %i", (code) => {
    const { newest, sockets, kind } = begin();
    newest().cut(code);
    vi.advanceTimersByTime(120_000);
    expect(sockets).toHaveLength(1);
    expect(kind()).toBe("refused");
  });

  it("names its tab, and the people of a draft don't move its cursor", () => {
    const { live, newest, frames } = begin(7, "t1");
    newest().onopen?.();
    expect(newest().sent).toEqual(['{"after":7,"draft":"t1"}']);
    newest().frame({ type: "people", people: [] });
    expect(live.cursor).toBe(7);
    expect(frames).toEqual([{ type: "people", people: [] }]);
  });

  it("pings every ten seconds, also while the server talks", () => {
    const { newest } = begin();
    for (let second = 0; second <= 30; second += 1) {
      newest().frame({ type: "news", seq: second });
      vi.advanceTimersByTime(1_000);
    }
    expect(newest().sent).toEqual(Array(3).fill('{"type":"ping"}'));
  });

  it("gives up on a server that doesn't answer a ping", () => {
    const { newest, sockets, kind } = begin();
    newest().frame({ type: "nothing", seq: 0 });
    const first = newest();
    vi.advanceTimersByTime(10_000);
    expect(first.sent).toEqual(['{"type":"ping"}']);
    vi.advanceTimersByTime(10_000);
    expect(first.closed).toBe(true);
    expect(kind()).toBe("reconnecting");
    vi.advanceTimersByTime(1_000);
    expect(sockets).toHaveLength(2);
  });

  it("hears no frame of a socket that it has left", () => {
    const { live, newest, frames } = begin();
    const old = newest();
    live.stop();
    old.frame({ type: "news", seq: 9 });
    expect(frames).toEqual([]);
  });

  it("pauses for a hidden page and resumes from its cursor", () => {
    const { live, newest, sockets, kind } = begin();
    newest().frame({ type: "news", seq: 4 });
    live.pause();
    expect(kind()).toBe("paused");
    vi.advanceTimersByTime(600_000);
    expect(sockets).toHaveLength(1);
    live.resume();
    newest().onopen?.();
    expect(newest().sent).toEqual(['{"after":4}']);
  });
});

describe("back-off", () => {
  it("doubles from half a second to half a minute, with full jitter", () => {
    expect([0, 1, 2, 20].map((failures) => backoff(failures, () => 1))).toEqual([500, 1000, 2000, 30_000]);
    expect(backoff(5, () => 0)).toBe(0);
  });
});
