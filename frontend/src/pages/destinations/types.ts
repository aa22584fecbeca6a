/** Destinations and deliveries as the API tells them. */

export interface Destination {
  key: string;
  name: string;
  format: keyof typeof FORMATS;
  url: string;
  /** Key of the secret whose value is put behind the address. */
  url_secret: string | null;
  headers: { name: string; text: string; secret: string | null }[];
  signing_keys: { created_at: string; expires_at: string | null }[];
  max_attempts: number;
  concurrency: number;
  rate: number;
  timeout_seconds: number;
  /** Null: tried again for events, not for steps. */
  retry_other_refusals: boolean | null;
  /** A call that may have arrived is tried again by itself; else somebody is asked. */
  retry_safe: boolean;
  ordered: boolean;
  state: "enabled" | "disabled";
  disabled_reason: string;
  disabled_at: string | null;
  failures: number;
  failing_since: string | null;
  open_until: string | null;
  owner: string | null;
  rights: ("view" | "use" | "change")[];
  created_at: string;
}

/** An event of the product itself, and what happened in a few words. */
export interface ProductEvent {
  kind: string;
  words: string;
}

export interface Subscription {
  id: number;
  kinds: string[];
  /** Of this one alone; its name only where it may be seen. */
  workflow: { id: number; name: string | null } | null;
  team: string;
  with_values: boolean;
  owner: string | null;
  may_change: boolean;
  created_at: string;
}

export interface Resending {
  id: number;
  wanted: { destination: string | null };
  count: number;
  open: number;
  succeeded: number;
  failed: number;
  created_at: string;
  stopped_at: string | null;
}

export interface NewDestination extends Destination {
  signing_secret: string | null;
}

export interface Backlog {
  waiting: number;
  needs_review: number;
  failed: number;
  failed_since: string | null;
}

const COUNTED = 1_001;

/** A count as it is told: the server counts no further than so many. */
export function howMany(count: number): string {
  return count >= COUNTED ? "More than 1,000" : String(count);
}

export interface Delivery {
  id: number;
  message_id: string;
  destination: string;
  destination_name: string;
  type: string;
  state: "pending" | "sending" | "needs_review" | "succeeded" | "failed" | "cancelled";
  attempts: number;
  status: number | null;
  error: string;
  next_attempt_at: string | null;
  run: number | null;
  node: string;
  workflow: number | null;
  created_at: string;
  finished_at: string | null;
}

export interface Attempt {
  number: number;
  started_at: string;
  finished_at: string;
  address: string;
  status: number | null;
  error: string;
  message: string;
  /** Secrets by name, signatures left out; {} where nothing went out. */
  request_headers: Record<string, string>;
  response_headers: Record<string, string>;
  response_body: string;
  response_cut: boolean;
  /** It failed, and may have arrived all the same. */
  unknown: boolean;
  next_attempt_at: string | null;
}

export interface DeliveryDetail extends Delivery {
  may_read: boolean;
  may_resend: boolean;
  body: string;
  curl: string;
  log: Attempt[];
}

export const FORMATS = {
  webhook: "Standard Webhooks, signed",
  slack: "Slack",
  teams: "Microsoft Teams",
} as const;

export const STATES = {
  pending: "to be sent",
  sending: "being sent",
  needs_review: "needs review",
  succeeded: "taken",
  failed: "given up",
  cancelled: "cancelled",
} as const;

const MARK_OF = {
  pending: "waiting",
  sending: "running",
  needs_review: "waiting",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
} as const;

export function markOf(state: Delivery["state"]) {
  return MARK_OF[state];
}

/** How a destination has been of late, in a word or a sentence. */
export function healthOf(destination: Destination, now: number): string {
  if (destination.state === "disabled") return "disabled";
  if (destination.open_until !== null && Date.parse(destination.open_until) > now)
    return "paused after failures";
  if (destination.failures > 0) return `failing, ${destination.failures} in a row`;
  return "enabled";
}

/** How long an attempt took: "12 ms", "3.1 s". */
export function tookOf({ started_at, finished_at }: Attempt): string {
  const took = Date.parse(finished_at) - Date.parse(started_at);
  return took < 1_000 ? `${took} ms` : `${(took / 1_000).toFixed(1)} s`;
}
