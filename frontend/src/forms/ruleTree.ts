/** Rule trees as they are edited: groups, leaves and policies, changed by place without touching the rest. */

export type Rule =
  | { all: Rule[] }
  | { any: Rule[] }
  | { not: Rule }
  | { policy: string }
  | { field: string; op: string; value?: unknown; case?: string };

export type Group = "all" | "any";

/** What was stored, as far as it is a rule; everything else begins anew as an empty group. */
export function readRule(value: unknown): Rule {
  return isRule(value) ? value : { all: [] };
}

function isRule(value: unknown): value is Rule {
  if (typeof value !== "object" || value === null) return false;
  if ("all" in value) return Array.isArray(value.all) && value.all.every(isRule);
  if ("any" in value) return Array.isArray(value.any) && value.any.every(isRule);
  if ("not" in value) return isRule(value.not);
  if ("policy" in value) return typeof value.policy === "string";
  return "field" in value && typeof value.field === "string";
}

export function groupOf(rule: Rule): [Group, Rule[]] | null {
  if ("all" in rule) return ["all", rule.all];
  if ("any" in rule) return ["any", rule.any];
  return null;
}

export function makeGroup(kind: Group, parts: Rule[]): Rule {
  return kind === "all" ? { all: parts } : { any: parts };
}

/** A list with the part at `index` replaced, or taken away when `next` is null. */
export function withPart(parts: readonly Rule[], index: number, next: Rule | null): Rule[] {
  return next === null
    ? parts.filter((_, at) => at !== index)
    : parts.map((part, at) => (at === index ? next : part));
}

/** A list with the part at `index` one place up (-1) or down (1). */
export function moved<Part>(parts: readonly Part[], index: number, by: -1 | 1): Part[] {
  const next = [...parts];
  const [part] = next.splice(index, 1);
  if (part !== undefined) next.splice(Math.max(0, Math.min(parts.length - 1, index + by)), 0, part);
  return next;
}
