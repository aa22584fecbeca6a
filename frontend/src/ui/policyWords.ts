import type { Rule } from "../api/settingsTypes";

export const RULES: Record<Rule, string> = {
  simulate_only: "Simulate only",
  four_eyes: "Four eyes",
};

/** What a mode policy comes to, in a sentence; `module` is its module's name, null for every workflow. */
export function effectOf(rule: Rule, module: string | null): string {
  if (rule === "four_eyes") {
    const which = module === null ? "any workflow" : `a workflow on ${module}`;
    return `Nobody lets ${which} act without a second person’s consent.`;
  }
  return module === null
    ? "Nothing acts: whatever mode a workflow is in, it only simulates."
    : `Nothing acts on ${module}: whatever mode a workflow is in, it only simulates there.`;
}
