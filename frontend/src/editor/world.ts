/** What an editor works with and never changes: the workflow, what it can be made of, who there is. */

import { createContext, useContext } from "react";
import type { ActionKind, Catalog, Kind } from "../api/catalogTypes";
import type { Module } from "../api/recordTypes";
import type { Named, People, Version, Workflow, WorkflowDetail } from "../api/types";
import { type Drawing, familyOf, type GraphNode } from "../graph/document";
import type { Policy } from "../policies/types";

export interface World {
  workflow: WorkflowDetail;
  catalog: Catalog;
  kinds: ReadonlyMap<string, Kind | ActionKind>;
  modules: Module[];
  people: People;
  policies: Policy[];
  mayMakePolicies: boolean;
  workflows: Workflow[];
  sources: Named[];
  destinations: Named[];
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

/** Whether a step only tells people something. */
export function isMinor(node: GraphNode, kinds: World["kinds"]): boolean {
  const kind = kinds.get(node.type);
  return kind !== undefined && "minor" in kind && kind.minor;
}
