/** What an editor works with and never changes: the workflow, what it can be made of, who there is. */

import { createContext, useContext } from "react";
import type {
  ActionKind,
  Catalog,
  Kind,
  Module,
  Named,
  People,
  Version,
  Workflow,
  WorkflowDetail,
} from "../api/types";
import { type Drawing, familyOf, type GraphNode } from "../graph/document";

export interface World {
  workflow: WorkflowDetail;
  catalog: Catalog;
  kinds: ReadonlyMap<string, Kind | ActionKind>;
  modules: Module[];
  people: People;
  policies: Named[];
  workflows: Workflow[];
  sources: Named[];
  versions: Version[];
  readOnly: boolean;
}

const WorldContext = createContext<World | null>(null);
export const WorldProvider = WorldContext.Provider;

export function useWorld(): World {
  const world = useContext(WorldContext);
  if (world === null) throw new Error("This must be inside WorldProvider.");
  return world;
}

export function kindsOf(catalog: Catalog): Map<string, Kind | ActionKind> {
  const all = [...catalog.triggers, ...catalog.conditions, ...catalog.actions];
  return new Map(all.map((kind) => [kind.type, kind]));
}

/** What people call a node: its own title, else what it is. */
export function nameOf(node: GraphNode, kinds: World["kinds"]): string {
  return node.title || kinds.get(node.type)?.label || node.type;
}

/** The module that the triggers are about; null when none is named, or none of these. */
export function moduleOf(drawing: Drawing, modules: readonly Module[]): Module | null {
  const key = drawing.nodes.find((node) => familyOf(node) === "trigger" && node.config?.module)?.config
    ?.module;
  return modules.find((module) => module.key === key) ?? null;
}

/** A node's settings in one line. */
export function summaryOf(node: GraphNode): string {
  const config = node.config ?? {};
  if (node.type === "condition.if") return ruleText(config.rule);
  if (node.type === "condition.switch") {
    const cases = Array.isArray(config.cases) ? config.cases.length : 0;
    return cases === 1 ? "1 case" : `${cases} cases`;
  }
  return Object.entries(config)
    .filter(([name]) => name !== "retry")
    .map(([, value]) => plain(value))
    .filter((text) => text !== "")
    .join(" · ");
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value !== "object" || value === null) return String(value ?? "");
  if ("field" in value || "all" in value || "any" in value || "not" in value) return ruleText(value);
  if ("ref" in value) return String(value.ref);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${plain(inner)}`)
    .join(", ");
}

function ruleText(rule: unknown): string {
  if (typeof rule !== "object" || rule === null) return "";
  const { all, any, not, policy, field, op, value } = rule as Record<string, unknown>;
  if (Array.isArray(all)) return all.map(ruleText).join(" and ");
  if (Array.isArray(any)) return any.map(ruleText).join(" or ");
  if (not !== undefined) return `not (${ruleText(not)})`;
  if (typeof policy === "string") return policy;
  return [field, String(op ?? "").replaceAll("_", " "), value === undefined ? "" : plain(value)]
    .join(" ")
    .trim();
}
