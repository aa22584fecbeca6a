/** Calls of which nobody knows whether they arrived, as the API tells them. */

export type Reply = "happened" | "resend" | "fail";

export interface Unknown {
  id: number;
  delivery: number;
  attempt: number;
  message_id: string;
  destination: string;
  destination_name: string;
  type: string;
  run: number | null;
  node: string;
  /** Whether the run waits for it. */
  waits: boolean;
  message: string;
  asked_at: string;
  may_answer: boolean;
  /** "" while nobody has said. */
  reply: Reply | "";
  note: string;
  person: string;
  answered_at: string | null;
}

export const SAID: Record<Reply, string> = {
  happened: "it happened",
  resend: "it did not happen, send it again",
  fail: "it did not happen, leave it",
};
