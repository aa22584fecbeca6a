/** Asking for alerts, their rules, and breakers. */

import type { Alert, AlertRule, Kind, KindFacts, RuleBody } from "../alerts/types";
import type { Api } from "./client";
import type { Page, WorkflowDetail } from "./types";

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
    removeRule: (id: number) => send<void>("DELETE", `alert-rules/${id}/`, undefined),
    tryBreaker: (workflow: number, reason: string) =>
      send<WorkflowDetail>("POST", `workflows/${workflow}/breaker/try/`, { reason }),
    closeBreaker: (workflow: number, reason: string) =>
      send<WorkflowDetail>("POST", `workflows/${workflow}/breaker/close/`, { reason }),
  };
}
