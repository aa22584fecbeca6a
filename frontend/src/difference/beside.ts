/** What two versions hold beside their steps, and how it differs, as sentences. */

import type { BesideDifference, PinChange } from "../api/types";

export const NOTHING: BesideDifference = { policies: [], workflows: [], settings: [] };

export function sentencesBeside({ policies, workflows, settings }: BesideDifference): string[] {
  return [...workflows.map(ofWorkflow), ...policies.map(ofPolicy), ...settings.map(ofSetting)];
}

/** The same difference, told from the other side. */
export function turned(difference: BesideDifference): BesideDifference {
  const back = ({ path, before, after }: PinChange) => ({ path, before: after, after: before });
  return {
    policies: difference.policies.map(back),
    workflows: difference.workflows.map(back),
    settings: difference.settings.map(back),
  };
}

function ofWorkflow({ path, before, after }: PinChange): string {
  if (after === null) return `It no longer starts “${path}” at ${versionText(before)}.`;
  if (before === null) return `It starts “${path}” at ${versionText(after)}.`;
  return `It starts “${path}” at ${versionText(after)}; it was ${versionText(before)}.`;
}

function versionText(version: number | string | null): string {
  return version === "live" ? "whatever version is live" : `version ${version}`;
}

function ofPolicy({ path, before, after }: PinChange): string {
  if (after === null) return `It no longer keeps the policy “${path}” at revision ${before}.`;
  if (before === null) return `It keeps the policy “${path}” at revision ${after}.`;
  return `It keeps the policy “${path}” at revision ${after}; it was revision ${before}.`;
}

function ofSetting({ path, before, after }: PinChange): string {
  const name = path === "zone" ? "time zone" : path.replaceAll("_", " ");
  return `Its ${name} is ${after ?? "not set"}; it was ${before ?? "not set"}.`;
}
