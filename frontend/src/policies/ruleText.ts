/** Rules in one line, for lists and differences. */

import { type Rule, readRule } from "../forms/ruleTree";
import { shown } from "../ui/format";

const WORDS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  not_in: "is none of",
  lt: "<",
  lte: "≤",
  gt: ">",
  gte: "≥",
};

export function operatorWord(operator: string): string {
  return WORDS[operator] ?? operator.replaceAll("_", " ");
}

export function ruleText(rule: unknown): string {
  return textOf(readRule(rule), false);
}

function textOf(rule: Rule, inside: boolean): string {
  if ("all" in rule) return joined(rule.all, "and", inside);
  if ("any" in rule) return joined(rule.any, "or", inside);
  if ("not" in rule) return `not (${textOf(rule.not, false)})`;
  if ("policy" in rule) return `policy ${rule.policy}`;
  return [rule.field, operatorWord(rule.op), rule.value === undefined ? "" : valueText(rule.value)]
    .filter(Boolean)
    .join(" ");
}

function joined(parts: Rule[], word: string, inside: boolean): string {
  const text = parts.map((part) => textOf(part, parts.length > 1)).join(` ${word} `);
  return inside && parts.length > 1 ? `(${text})` : text;
}

function valueText(value: unknown): string {
  if (typeof value === "object" && value !== null && "ref" in value) return String(value.ref);
  return Array.isArray(value) ? value.map(shown).join(", ") : shown(value);
}
