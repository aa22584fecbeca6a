/** The go-live checklist, as the API says it. */

export type CheckState = "proven" | "open" | "not_used";

export interface Check {
  key: string;
  title: string;
  state: CheckState;
  sentence: string;
  evidence: { text: string; to: string }[];
}

export interface Chapter {
  key: string;
  title: string;
  checks: Check[];
}

export interface GoLive {
  workflow: { id: number; name: string };
  version: number;
  digest: string;
  mode: "simulate" | "execute";
  open_checks: number;
  min_note: number;
  signed: { signed_by: string; at: string; note: string } | null;
  may_sign: boolean;
  chapters: Chapter[];
}
