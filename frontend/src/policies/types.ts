/** The policy library as the API tells it. */

export interface Revision {
  number: number;
  rule: unknown;
  published_by: string | null;
  published_at: string;
}

export interface Policy {
  key: string;
  name: string;
  description: string;
  module: string;
  owner: string | null;
  /** The newest. */
  revision: Revision;
  used_by: number;
  used_by_hidden: number;
  rights: ("view" | "change" | "use")[];
  created_at: string;
  archived_at: string | null;
}

export interface PolicyBody {
  key: string;
  name: string;
  description?: string;
  module: string;
  rule: unknown;
}

/** A workflow that uses a policy. */
export interface PolicyUser {
  workflow: number;
  key: string;
  name: string;
  mode: "simulate" | "execute";
  draft: boolean;
  live: { version: number; revision: number; newer: number | null } | null;
}

export interface Shift {
  before: number | null;
  after: number | null;
  gained: number | null;
  lost: number | null;
  first_gained: string[];
  first_lost: string[];
  assumed: boolean;
  /** Why there is no count. */
  why: string;
}

export interface BranchShift extends Shift {
  trigger: string;
  node: string;
  title: string;
  branch: string;
}

export interface Affected {
  workflow: number;
  name: string;
  /** null: the draft. */
  version: number | null;
  branches: BranchShift[];
  why: string;
}

export interface Impact {
  total: number;
  policy: Shift;
  workflows: Affected[];
  hidden: number;
  seen: string;
}

export interface Duplicate {
  module: string;
  form: string;
  rule: unknown;
  policy: string | null;
  workflows: number;
  places: { workflow: number; name: string; node: string; title: string; path: string }[];
}
