/** Endpoints and receipts as the API tells them. */

export interface Secret {
  id: number;
  hint: string;
  created_at: string;
  expires_at: string | null;
}

export interface Endpoint {
  key: string;
  name: string;
  scheme: string;
  /** Null for those who may not change it. */
  address: string | null;
  is_enabled: boolean;
  module: string | null;
  contract: Record<string, unknown>;
  tolerance_seconds: number;
  max_body: number;
  rate_per_minute: number;
  allowed_networks: string[];
  type_path: string;
  record_path: string;
  dedupe_path: string;
  owner: string | null;
  secrets: Secret[];
  last_accepted_at: string | null;
  may_change: boolean;
  can_sign: boolean;
  created_at: string;
}

export interface NewEndpoint extends Endpoint {
  secret: string | null;
}

export interface NewSecret extends Secret {
  secret: string | null;
}

export interface Receipt {
  id: number;
  endpoint: string;
  verdict: keyof typeof VERDICTS;
  status: number;
  webhook_id: string;
  body_bytes: number;
  detail: string;
  sender: string | null;
  secret_hint: string;
  event: number | null;
  count: number;
  took_ms: number;
  received_at: string;
  last_at: string;
}

export interface Trial {
  headers: Record<string, string>;
  verdict: keyof typeof VERDICTS;
  checks: { check: string; passed: boolean; detail: string }[];
  type: string;
  record: string;
  dedupe: string;
  status: number | null;
  answer: string;
}

export const SCHEMES: Record<string, string> = {
  standard: "Standard Webhooks",
  standard_key: "Standard Webhooks, ed25519",
  github: "GitHub",
  stripe: "Stripe",
  slack: "Slack",
  shopify: "Shopify",
  unsigned: "Unsigned",
};

/** Of which schemes the sender shows the secret; of the others we make it. */
export const GIVEN_SECRET = ["standard_key", "stripe", "slack", "shopify"];

export const VERDICTS = {
  accepted: "accepted",
  handshake: "handshake",
  duplicate: "repetition",
  conflict: "same id, other body",
  sender_refused: "sender not allowed",
  throttled: "too many",
  too_large: "too large",
  wrong_type: "wrong content type",
  malformed: "headers malformed",
  stale: "time too far off",
  bad_signature: "bad signature",
  bad_body: "no plain JSON",
  contract: "breaks the contract",
} as const;

/** What shape and colour a verdict has: taken in, nothing to do, or refused. */
export function markOf(verdict: Receipt["verdict"]): "succeeded" | "skipped" | "failed" {
  if (verdict === "accepted") return "succeeded";
  return verdict === "duplicate" || verdict === "handshake" ? "skipped" : "failed";
}
