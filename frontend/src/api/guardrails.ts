/** Asking for what keeps workflows within bounds: their settings, mode policies, and starts by hand on many records. */

import { type Api, query } from "./client";
import type { ManualStart, ModePolicy, NewPolicy, Settings } from "./settingsTypes";
import type { IdentityPreview, Page, WorkflowDetail } from "./types";

const SLOW_WORK_MS = 60_000;

export function guardrailsOf({ get, send }: Api) {
  return {
    /** Fails with 409 when a setting is not what was `seen` any more. */
    changeSettings: (id: number, changes: Partial<Settings>, seen: Partial<Settings>) =>
      send<WorkflowDetail>("PATCH", `workflows/${id}/`, { ...changes, seen }),
    archive: (id: number, reason: string) =>
      send<void>("DELETE", `workflows/${id}/${query({ reason })}`, undefined),
    /** It comes back paused and in simulate. */
    restore: (id: number, reason: string) =>
      send<WorkflowDetail>("POST", `workflows/${id}/restore/`, { reason }),
    /** `runAs`: as if it ran as this person, or as nobody else (null). `version` null: the draft. */
    identity: (id: number, version: number | null, runAs: string | null | undefined, signal: AbortSignal) => {
      const asked = new URLSearchParams();
      if (version !== null) asked.set("version", String(version));
      if (runAs !== undefined) asked.set("run_as", runAs ?? "");
      return get<IdentityPreview>(`workflows/${id}/identity-preview/?${asked}`, signal);
    },
    modePolicies: (signal: AbortSignal) => get<Page<ModePolicy>>("mode-policies/?limit=200", signal),
    setModePolicy: (body: NewPolicy) => send<ModePolicy>("POST", "mode-policies/", body),
    endModePolicy: (id: number, reason: string) =>
      send<void>("POST", `mode-policies/${id}/lift/`, { reason }),
    /** The workflows that can be started by hand on so many records of a module. */
    manualStarts: async (module: string, records: number, signal: AbortSignal) =>
      (await get<{ results: ManualStart[] }>(`modules/${module}/manual-starts/?records=${records}`, signal))
        .results,
    /** `key` names the request, so that it is done once however often it is sent. */
    startMany: (id: number, body: { records: string[]; input: object }, key: string) =>
      send<{ events: number[] }>("POST", `workflows/${id}/run-many/`, body, {
        headers: { "Idempotency-Key": key },
        patience: SLOW_WORK_MS,
      }),
  };
}
