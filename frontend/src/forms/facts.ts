/** What forms offer to choose from. */

import type { Catalog } from "../api/catalogTypes";
import type { Explained, ExplainedPart, Module, Reading } from "../api/recordTypes";

export interface FormFacts {
  catalog: Catalog;
  /** Those that the reader sees. */
  modules: Module[];
  /** The one that the workflow's triggers are about. */
  module: Module | null;
  /** Those about this module that may be used. */
  policies: { key: string; name: string }[];
  workflows: { key: string; name: string }[];
  sources: { key: string; name: string }[];
  destinations: { key: string; name: string }[];
  people: { username: string; name: string }[];
  groups: string[];
  zones: string[];
  /** Paths that a template may name at this step: {path: "record.title", label: "Title", type: "text"}. */
  references: { path: string; label: string; type: string; sample?: unknown }[];
  /** Values of the sample record; null without one. */
  sample: Record<string, unknown> | null;
  /** Asks the server what a rule takes, and how it judges the sample. */
  explain?: (rule: unknown) => Promise<Explanation>;
  /** Makes a policy of a rule; not there for those who may not. */
  extract?: (rule: unknown) => void;
  /** Asks the server how a text reads for the sample; not there without one. */
  read?: (text: string) => Promise<Reading>;
}

export interface Explanation {
  result: boolean | null;
  /** By place in the rule: "all[0]". */
  leaves: { path: string; result: boolean | null; seen: unknown }[];
  matching: number | null;
  total: number | null;
}

/** What the server said of a rule, its leaves by their place: "all[0].not". */
export function explanationOf(told: Explained): Explanation {
  const { explanation, matching, total } = told;
  const leaves = explanation === null ? [] : leavesOf(explanation);
  return { result: explanation?.result ?? null, leaves, matching, total };
}

function leavesOf(part: ExplainedPart, path = ""): Explanation["leaves"] {
  if (part.kind === "leaf" || part.kind === "policy") {
    return [{ path, result: part.result, seen: part.kind === "leaf" ? part.saw : undefined }];
  }
  return (part.children ?? []).flatMap((child, index) => {
    const step = part.kind === "not" ? "not" : `${part.kind}[${index}]`;
    return leavesOf(child, path === "" ? step : `${path}.${step}`);
  });
}
