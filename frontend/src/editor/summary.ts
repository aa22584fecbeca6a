/** A step's settings in one line of words: "Priority is High and Due is within the next 2 h". */

import { useMemo } from "react";
import type { Catalog } from "../api/catalogTypes";
import type { Module } from "../api/recordTypes";
import type { GraphNode } from "../graph/document";
import { useSlice } from "./store";
import { moduleOf, useWorld } from "./world";

export interface Words {
  operators: ReadonlyMap<string, string>;
  fields: ReadonlyMap<string, Module["fields"][number]>;
}

const MOST_CASES = 3;
const HIDDEN = new Set(["retry", "module"]);

/** `module` is that of the triggers, whose fields the rules name. */
export function wordsOf(catalog: Catalog, module: Module | null): Words {
  return {
    operators: new Map(catalog.operators.map(({ key, label }) => [key, label])),
    fields: new Map((module?.fields ?? []).map((field) => [field.key, field])),
  };
}

/** The words of the open workflow. */
export function useWords(): Words {
  const { catalog, modules } = useWorld();
  const module = useSlice((state) => moduleOf(state.history.drawing, modules));
  return useMemo(() => wordsOf(catalog, module), [catalog, module]);
}

/** "" where nothing is set yet. */
export function summaryOf(node: GraphNode, words: Words): string {
  const config = node.config ?? {};
  if (node.type === "condition.if") return ruleText(config.rule, words);
  if (node.type === "condition.switch") {
    const cases = Array.isArray(config.cases) ? config.cases : [];
    const named = cases.map((entry) => (isObject(entry) ? String(entry.branch ?? "?") : "?"));
    const more = named.length > MOST_CASES ? `, ${named.length - MOST_CASES} more` : "";
    return named.length === 0 ? "" : `${named.slice(0, MOST_CASES).join(", ")}${more}, otherwise`;
  }
  return Object.entries(config)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([, value]) => plain(value, words))
    .filter((text) => text !== "")
    .join(" · ");
}

function plain(value: unknown, words: Words): string {
  if (Array.isArray(value)) return value.map((part) => plain(part, words)).join(", ");
  if (!isObject(value)) return typeof value === "string" ? spaced(value) : String(value ?? "");
  if ("field" in value || "all" in value || "any" in value || "not" in value) return ruleText(value, words);
  if ("ref" in value) return String(value.ref);
  return Object.entries(value)
    .map(([name, inner]) => `${labelOf(name, words)}: ${valueText(inner, words)}`)
    .join(", ");
}

export function ruleText(rule: unknown, words: Words): string {
  if (!isObject(rule)) return "";
  const { all, any, not, policy, field, op, value } = rule;
  if (Array.isArray(all)) return all.map((part) => inner(part, words)).join(" and ");
  if (Array.isArray(any)) return any.map((part) => inner(part, words)).join(" or ");
  if (not !== undefined) return `not (${ruleText(not, words)})`;
  if (typeof policy === "string") return `“${policy}” holds`;
  if (typeof field !== "string") return "";
  const operator = words.operators.get(String(op)) ?? spaced(String(op ?? ""));
  const seen = value === undefined ? "" : valueText(value, words);
  return [labelOf(field, words), operator, seen].filter((word) => word !== "").join(" ");
}

/** A group within a group stands in brackets. */
function inner(rule: unknown, words: Words): string {
  const parts = isObject(rule) ? (rule.all ?? rule.any) : undefined;
  const text = ruleText(rule, words);
  return Array.isArray(parts) && parts.length > 1 ? `(${text})` : text;
}

function labelOf(field: string, words: Words): string {
  return words.fields.get(field)?.label || spaced(field);
}

/** What is written stays as it is written; a reference is its path. */
function valueText(value: unknown, words: Words): string {
  if (Array.isArray(value)) return value.map((part) => valueText(part, words)).join(", ");
  if (isObject(value)) return "ref" in value ? String(value.ref) : plain(value, words);
  return String(value ?? "");
}

/** "least_loaded" as people read it. */
function spaced(key: string): string {
  return /^[a-z]+(_[a-z]+)+$/.test(key) ? key.replaceAll("_", " ") : key;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
