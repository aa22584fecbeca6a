/** A socket that comes back: cursor, full-jitter back-off, polling while the server can't be reached. */

import type { Frame } from "../api/runTypes";

export type LiveState =
  | { kind: "catching-up" }
  | { kind: "live" }
  | { kind: "reconnecting"; seconds: number }
  | { kind: "polling" }
  | { kind: "paused" }
  | { kind: "refused"; code: number };

export interface LiveOptions {
  url: string;
  after: number;
  /** Names this tab to the others who have the draft open. */
  tab?: string | undefined;
  /** Of a long log only the end at first; what is before it is fetched over HTTP. */
  tail?: true | undefined;
  onFrame: (frame: Frame) => void;
  onState: (state: LiveState) => void;
  /** Fetch what is new over HTTP and hand it on; the promise gives the new cursor. */
  poll: (after: number) => Promise<number>;
  open?: (url: string) => WebSocket;
  random?: () => number;
}

export const SIGNED_OUT = 4401;
export const FORBIDDEN = 4403;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Those who have a draft open are counted as gone after two pings that did not come. */
const PING_MS = 10_000;
const ANSWER_MS = 10_000;
const POLL_MS = 3_000;
const TRIES_BEFORE_POLLING = 3;

export function backoff(failures: number, random: () => number): number {
  return random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
}

export class LiveSocket {
  cursor: number;
  private socket: WebSocket | null = null;
  private failures = 0;
  private stopped = false;
  private polling = false;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly options: LiveOptions) {
    this.cursor = options.after;
  }

  start(): void {
    this.stopped = false;
    if (!this.polling) this.options.onState({ kind: "catching-up" });
    const socket = (this.options.open ?? ((url) => new WebSocket(url)))(this.options.url);
    this.socket = socket;
    socket.onopen = () =>
      socket.send(JSON.stringify({ after: this.cursor, draft: this.options.tab, tail: this.options.tail }));
    socket.onmessage = (event) => this.socket === socket && this.receive(String(event.data));
    socket.onclose = (event) => this.socket === socket && this.lost(event.code);
    this.expectAnswer();
  }

  /** Close and stay closed. */
  stop(): void {
    this.stopped = true;
    this.polling = false;
    for (const name of [...this.timers.keys()]) this.cancel(name);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Stop until `resume`: for a page that nobody looks at. */
  pause(): void {
    if (this.stopped) return;
    this.stop();
    this.options.onState({ kind: "paused" });
  }

  /** Connect now: after a pause, or instead of waiting for the back-off. */
  resume(): void {
    if (this.stopped || (this.socket === null && this.timers.has("retry"))) {
      this.cancel("retry");
      this.start();
    }
  }

  private receive(text: string): void {
    const frame = JSON.parse(text) as Frame;
    this.cancel("answer");
    this.pingLater();
    if (frame.type === "pong") return;
    if (frame.type === "reset") this.cursor = frame.seq;
    else if (frame.type !== "people") this.cursor = Math.max(this.cursor, frame.seq);
    this.failures = 0;
    this.polling = false;
    this.cancel("poll");
    this.options.onFrame(frame);
    if (!this.stopped) this.options.onState({ kind: "live" });
  }

  private lost(code: number): void {
    this.socket = null;
    this.cancel("ping");
    this.cancel("answer");
    if (code === SIGNED_OUT || code === FORBIDDEN) {
      this.stop();
      this.options.onState({ kind: "refused", code });
      return;
    }
    const wait = backoff(this.failures, this.options.random ?? Math.random);
    this.failures += 1;
    this.after("retry", wait, () => this.start());
    if (this.failures >= TRIES_BEFORE_POLLING) this.startPolling();
    else this.options.onState({ kind: "reconnecting", seconds: Math.ceil(wait / 1000) });
  }

  private startPolling(): void {
    this.options.onState({ kind: "polling" });
    if (this.polling) return;
    this.polling = true;
    void this.pollOnce();
  }

  private async pollOnce(): Promise<void> {
    try {
      this.cursor = Math.max(this.cursor, await this.options.poll(this.cursor));
    } catch {
      // The server can't be reached over HTTP either: the chip says so already, and the next turn tries again.
    }
    if (this.polling) this.after("poll", POLL_MS, () => void this.pollOnce());
  }

  /** Also while the server talks: it must hear that somebody is here. */
  private pingLater(): void {
    if (this.timers.has("ping")) return;
    this.after("ping", PING_MS, () => {
      this.socket?.send(JSON.stringify({ type: "ping" }));
      this.expectAnswer();
    });
  }

  private expectAnswer(): void {
    this.after("answer", ANSWER_MS, () => {
      // Closing a dead connection can take the browser minutes to report; don't wait for its event.
      const socket = this.socket;
      this.lost(0);
      socket?.close();
    });
  }

  private after(name: string, ms: number, act: () => void): void {
    this.cancel(name);
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name);
        act();
      }, ms),
    );
  }

  private cancel(name: string): void {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
