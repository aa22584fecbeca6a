/** Backtests as the API speaks of them, and in words. */

import { useCallback, useEffect, useState } from "react";
import { type Api, ApiError } from "../api/client";
import type { PlannedAction } from "../api/runTypes";
import { useSite } from "../app/context";
import type { Loaded } from "../app/useLoad";

export type Kind = "newly_selected" | "no_longer_selected" | "other_effect" | "other_branch";
export type BacktestStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface Backtest {
  id: number;
  /** Null: the draft as it was. */
  version: number | null;
  digest: string;
  /** Null: nothing was published before. */
  against: number | null;
  since: string;
  until: string;
  status: BacktestStatus;
  failure: string;
  /** It follows live events from `since` on, `until` at the latest. */
  shadow: boolean;
  /** Of a shadow: all that came up to then is judged. */
  judged_until: string | null;
  /** Why a shadow goes no further; "" while it does. */
  ended_why: string;
  to_read: number | null;
  read: number;
  looked_at: number;
  counts: Record<Kind | "same", number>;
  /** Of a hundred events, how many both sides answer alike; null without any. */
  agreement: number | null;
  selected_before: number;
  selected_after: number;
  assumed: number;
  notes: { code: string; message: string }[];
  requested_by: string | null;
  created_at: string;
  finished_at: string | null;
}

export interface BacktestDetail extends Backtest {
  runs_in_flight: number;
}

export interface Side {
  selected: boolean;
  at: string | null;
  why_not: string;
  runs: {
    trigger: string;
    path: { node: string; branches: string[] }[];
    status: string;
    failure: string;
    actions: PlannedAction[];
  }[];
}

export interface Difference {
  id: number;
  kind: Kind;
  event: number | null;
  type: string;
  module: string | null;
  record: string;
  at: string;
  /** Null for those who may not see what runs hold. */
  before: Side | null;
  after: Side | null;
  assumed: string[];
}

export interface Asked {
  version: "draft" | number;
  against?: number;
  days?: number;
  since?: string;
  until?: string;
}

export const KINDS: readonly (readonly [Kind, string])[] = [
  ["newly_selected", "now selected"],
  ["no_longer_selected", "no longer selected"],
  ["other_effect", "other effect"],
  ["other_branch", "other branch"],
];

const NUMBER = new Intl.NumberFormat("en").format;

/** "1 284": digits in groups, so that large numbers are read at a glance. */
export function grouped(number: number): string {
  return NUMBER(number).replaceAll(",", "\u202f");
}

export function isOver(backtest: Pick<Backtest, "status">): boolean {
  return backtest.status !== "queued" && backtest.status !== "running";
}

/** How many events the two sides answer differently. */
export function differing(backtest: Backtest): number {
  return KINDS.reduce((sum, [kind]) => sum + backtest.counts[kind], 0);
}

/** "96.7 %"; "–" before there is an event. */
export function agreementOf({ agreement }: Pick<Backtest, "agreement">): string {
  return agreement === null ? "–" : `${agreement.toFixed(1)}\u202f%`;
}

/** A shadow's status in words: between its end and its last event it still judges what came before. */
export function statusOf(shadow: Pick<Backtest, "status" | "ended_why">): string {
  if (isOver(shadow)) return shadow.status;
  return shadow.ended_why === "" ? "goes on" : "ending";
}

/** "The draft beside version 7" */
export function sidesOf({ version, against }: Pick<Backtest, "version" | "against">): string {
  const tried = version === null ? "The draft" : `Version ${version}`;
  return against === null ? `${tried} beside nothing` : `${tried} beside version ${against}`;
}

export function backtestsOf(api: Api, workflow: number) {
  const root = `workflows/${workflow}/backtests/`;
  return {
    /** With a `key` the same question is asked once. */
    start: (body: Asked, key = "", signal?: AbortSignal) =>
      api.send<BacktestDetail>("POST", root, body, {
        signal,
        headers: key === "" ? {} : { "Idempotency-Key": key },
      }),
    one: (number: number, signal?: AbortSignal) => api.get<BacktestDetail>(`${root}${number}/`, signal),
    cancel: (number: number) => api.send<BacktestDetail>("POST", `${root}${number}/cancel/`, {}),
  };
}

export function shadowsOf(api: Api, workflow: number) {
  const root = `workflows/${workflow}/`;
  return {
    start: (body: Pick<Asked, "version" | "days">) =>
      api.send<BacktestDetail>("POST", `${root}shadows/`, body),
    stop: (number: number) => api.send<BacktestDetail>("POST", `${root}backtests/${number}/stop/`, {}),
  };
}

const POLL_MS = 700;
/** A shadow goes on for days, and looks at what has come every few seconds. */
const SHADOW_POLL_MS = 3_000;

/** A backtest, asked for again until it has ended. `number` null: none yet. */
export function useBacktest(workflow: number, number: number | null): [Loaded<BacktestDetail>, () => void] {
  const { api } = useSite();
  const [loaded, setLoaded] = useState<Loaded<BacktestDetail>>({ state: "loading" });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is there to ask again.
  useEffect(() => {
    setLoaded({ state: "loading" });
    if (number === null) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      backtestsOf(api, workflow)
        .one(number, leaving.signal)
        .then(
          (value) => {
            if (leaving.signal.aborted) return;
            setLoaded({ state: "ready", value });
            if (!isOver(value)) timer = setTimeout(ask, value.shadow ? SHADOW_POLL_MS : POLL_MS);
          },
          (error: unknown) => {
            if (leaving.signal.aborted) return;
            const message = error instanceof ApiError ? error.message : "The backtest could not be loaded.";
            setLoaded({ state: "failed", message });
          },
        );
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [api, workflow, number, turn]);
  return [loaded, useCallback(() => setTurn((now) => now + 1), [])];
}
