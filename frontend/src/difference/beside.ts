/** What two versions hold beside their steps, and how it differs, as sentences. */

import type { BesideDifference, PinChange } from "../api/types";

export const NOTHING: BesideDifference = { policies: [], workflows: [], fingerprints: [], settings: [] };

export function sentencesBeside(difference: BesideDifference): string[] {
  const { policies, workflows, fingerprints, settings } = difference;
  return [
    ...workflows.map(ofWorkflow),
    ...ofThings(fingerprints),
    ...policies.map(ofPolicy),
    ...settings.map(ofSetting),
  ];
}

/** The same difference, told from the other side. */
export function turned(difference: BesideDifference): BesideDifference {
  const back = ({ path, before, after }: PinChange) => ({ path, before: after, after: before });
  return {
    policies: difference.policies.map(back),
    workflows: difference.workflows.map(back),
    fingerprints: difference.fingerprints.map(back),
    settings: difference.settings.map(back),
  };
}

function ofWorkflow({ path, before, after }: PinChange): string {
  if (after === null) return `It no longer starts “${path}” at ${versionText(before)}.`;
  if (before === null) return `It starts “${path}” at ${versionText(after)}.`;
  return `It starts “${path}” at ${versionText(after)}; it was ${versionText(before)}.`;
}

/** A sentence for each thing outside; a fingerprint itself tells nobody anything, which part differs does. */
function ofThings(changes: readonly PinChange[]): string[] {
  const things = new Map<string, PinChange[]>();
  for (const change of changes) {
    const thing = change.path.slice(0, change.path.lastIndexOf("."));
    things.set(thing, [...(things.get(thing) ?? []), change]);
  }
  return [...things].map(([thing, parts]) => {
    const [kind = "", key = ""] = thing.split(".");
    if (parts.every((part) => part.before === null)) return `It keeps what the ${kind} “${key}” is.`;
    if (parts.every((part) => part.after === null)) return `It no longer keeps what the ${kind} “${key}” is.`;
    const names = parts.map((part) => part.path.slice(thing.length + 1));
    return `The ${kind} “${key}” is not what it was: its ${names.join(" and ")} changed.`;
  });
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
