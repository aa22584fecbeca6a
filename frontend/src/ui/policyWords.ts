import type { Binding, Rule } from "../api/settingsTypes";
import { dateTime } from "./format";

export const RULES: Record<Rule, string> = {
  simulate_only: "Simulate only",
  four_eyes: "Four eyes",
  shadow: "A shadow that agrees",
};

/** What a mode policy comes to, in a sentence; `module` is its module's name, null for every workflow. */
export function effectOf(rule: Rule, module: string | null, demand = ""): string {
  if (rule === "shadow") {
    const which =
      module === null ? "a new version of any workflow" : `a new version of a workflow on ${module}`;
    return `Nobody lets ${which} act before its shadow has agreed with what acts now${demand && `: ${demand}`}.`;
  }
  if (rule === "four_eyes") {
    const which = module === null ? "any workflow" : `a workflow on ${module}`;
    return `Nobody lets ${which} act without a second person’s consent.`;
  }
  return module === null
    ? "Nothing acts: whatever mode a workflow is in, it only simulates."
    : `Nothing acts on ${module}: whatever mode a workflow is in, it only simulates there.`;
}

/** How long it holds. */
export function endOf({ ends_at }: Pick<Binding, "ends_at">): string {
  return ends_at === null
    ? "It holds until an admin ends it."
    : `It ends by itself on ${dateTime(ends_at)}, or when an admin ends it before.`;
}
