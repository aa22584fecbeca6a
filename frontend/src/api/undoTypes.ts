/** What undoing a run puts back and leaves, as the API says it. */

/** A field of a record, or (`field` "") a whole record, that undoing a run would put back or leave. */
export interface UndoPiece {
  run: number;
  module: string;
  record: string;
  field: string;
  found: unknown;
  back_to: unknown;
  overrides: boolean;
  why?: string;
  said?: string;
}

export interface Undo {
  id: number;
  run: number;
  takes_back: number | null;
  taken_back: boolean;
  actor: string;
  reason: string;
  children: boolean;
  at: string;
  fields_done: { module: string; record: string; field: string; restored: boolean; said: string }[];
}

export interface UndoPlan {
  run: number;
  runs: number[];
  children: boolean;
  plan_hash: string;
  /** Why nothing can be undone; "" when something can. */
  why_not: string;
  summary: string;
  restored: UndoPiece[];
  left: UndoPiece[];
  stays: { what: string; count: number; said: string }[];
  undos: Undo[];
}
