/** Asking for alerts, their rules, and breakers. */

import type {
  Alert,
  AlertRule,
  Kind,
  KindFacts,
  RuleBody,
  RuleDestinations,
  Standstill,
} from "../alerts/types";
import type { Api } from "./client";
import type { Page, WorkflowDetail } from "./types";

/** Of everything, unless it names a module, a team or a workflow. */
export interface NewStandstill {
  reason: string;
  module?: string;
  team?: string;
  workflow?: number;
  starts_at?: string;
  ends_at?: string;
}

export function alertsOf({ get, send }: Api) {
  return {
    open: (signal: AbortSignal) => get<Page<Alert>>("alerts/?open=true&limit=200", signal),
    kinds: (signal: AbortSignal) => get<KindFacts[]>("alert-kinds/", signal),
    rules: (signal: AbortSignal) => get<Page<AlertRule>>("alert-rules/?limit=200", signal),
    acknowledge: (id: number, note: string) => send<Alert>("POST", `alerts/${id}/acknowledge/`, { note }),
    snooze: (id: number, until: string) => send<Alert>("POST", `alerts/${id}/snooze/`, { until }),
    makeRule: (body: RuleBody & { kind: Kind; workflow: number | null; team: string }) =>
      send<AlertRule>("POST", "alert-rules/", body),
    changeRule: (id: number, changes: Partial<RuleBody & { enabled: boolean }>) =>
      send<AlertRule>("PATCH", `alert-rules/${id}/`, changes),
    ruleDestinations: (signal: AbortSignal) =>
      get<Page<RuleDestinations>>("webhooks/alert-rules/?limit=200", signal),
    setRuleDestinations: (id: number, destinations: string[]) =>
      send<RuleDestinations>("PUT", `webhooks/alert-rules/${id}/destinations/`, { destinations }),
    removeRule: (id: number) => send<void>("DELETE", `alert-rules/${id}/`, undefined),
    standstills: (signal: AbortSignal) => get<Page<Standstill>>("standstills/?limit=200", signal),
    /** Those that this workflow stands still by. */
    standstillsOf: (workflow: number, signal: AbortSignal) =>
      get<Page<Standstill>>(`standstills/?limit=200&workflow=${workflow}`, signal),
    standStill: (body: NewStandstill) => send<Standstill>("POST", "standstills/", body),
    goOn: (id: number, reason: string) => send<Standstill>("POST", `standstills/${id}/lift/`, { reason }),
    tryBreaker: (workflow: number, reason: string) =>
      send<WorkflowDetail>("POST", `workflows/${workflow}/breaker/try/`, { reason }),
    closeBreaker: (workflow: number, reason: string) =>
      send<WorkflowDetail>("POST", `workflows/${workflow}/breaker/close/`, { reason }),
  };
}
