/** What forms offer to choose from. */

import type { Catalog, Module, Reading } from "../api/types";

export interface FormFacts {
  catalog: Catalog;
  /** Those that the reader sees. */
  modules: Module[];
  /** The one that the workflow's triggers are about. */
  module: Module | null;
  policies: { key: string; name: string; module: string }[];
  workflows: { key: string; name: string }[];
  sources: { key: string; name: string }[];
  people: { username: string; name: string }[];
  groups: string[];
  zones: string[];
  /** Paths that a template may name at this step: {path: "record.title", label: "Title", type: "text"}. */
  references: { path: string; label: string; type: string; sample?: unknown }[];
  /** Values of the sample record; null without one. */
  sample: Record<string, unknown> | null;
  /** Asks the server what a rule takes, and how it judges the sample. */
  explain?: (rule: unknown) => Promise<Explanation>;
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
