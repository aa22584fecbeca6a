/** How the promotion gate stands, as the API says it. */

import type { Mode } from "./types";

export type LineState = "met" | "open" | "not_needed";

export interface GateLine {
  key: string;
  title: string;
  state: LineState;
  sentence: string;
  hint: string;
  evidence: { text: string; to: string }[];
}

export interface Consent {
  state: "asked" | "given" | "withdrawn" | "void";
  asked_by: string;
  asked_at: string;
  note: string;
  given_by: string;
  given_at: string | null;
  answer: string;
}

export interface Promotion {
  version: number;
  way: "gate" | "break_glass" | "before";
  promoted_by: string;
  reason: string;
  at: string;
  glass_broken: boolean;
  settled_at: string | null;
  settled_why: string;
}

export interface Gate {
  version: number;
  digest: string;
  mode: Mode;
  published_by: string | null;
  green: boolean;
  lines: GateLine[];
  consent: Consent | null;
  /** Why the reader can't be the second person; "" when he can. */
  why_not_consent: string;
  /** The reader has asked or agreed, and can take it back. */
  may_withdraw: boolean;
  may_break_glass: boolean;
  min_reason: number;
  promotion: Promotion | null;
}
