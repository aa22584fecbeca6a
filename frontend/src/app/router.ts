/** Which page an address means, and moving between pages without loading anew. */

import { useCallback, useMemo, useSyncExternalStore } from "react";

export type Route =
  | { page: "home" }
  | { page: "workflows" }
  | { page: "new-workflow" }
  | { page: "workflow"; id: number }
  | { page: "workflow-runs"; id: number }
  | { page: "versions"; id: number }
  | { page: "promote"; id: number }
  | { page: "golive"; id: number }
  | { page: "backtests"; id: number }
  | { page: "settings"; id: number }
  | { page: "workflow-backfills"; id: number }
  | { page: "backfills" }
  | { page: "backfill"; id: number }
  | { page: "runs" }
  | { page: "run"; id: number }
  | { page: "dead-letters" }
  | { page: "redrive"; id: number }
  | { page: "diagnosis"; id: number }
  | { page: "cause"; fingerprint: string }
  | { page: "decisions" }
  | { page: "events" }
  | { page: "event"; id: number }
  | { page: "modules" }
  | { page: "records"; module: string }
  | { page: "record"; module: string; record: string }
  | { page: "conditions" }
  | { page: "new-condition" }
  | { page: "condition"; key: string }
  | { page: "audit" }
  | { page: "mode-policies" }
  | { page: "alerts" }
  | { page: "approvals" }
  | { page: "approval"; id: number }
  | { page: "endpoints" }
  | { page: "new-endpoint" }
  | { page: "endpoint"; key: string }
  | { page: "destinations" }
  | { page: "new-destination" }
  | { page: "destination"; key: string }
  | { page: "delivery"; id: number }
  | { page: "secrets" }
  | { page: "new-secret" }
  | { page: "secret"; key: string }
  | { page: "reviews" }
  | { page: "review"; week: string }
  | { page: "kept-review"; id: number }
  | { page: "unknown" };

const PLAIN: Record<string, Route> = {
  "": { page: "home" },
  "workflows/": { page: "workflows" },
  "workflows/new/": { page: "new-workflow" },
  "runs/": { page: "runs" },
  "conditions/": { page: "conditions" },
  "conditions/new/": { page: "new-condition" },
  "backfills/": { page: "backfills" },
  "dead-letters/": { page: "dead-letters" },
  "decisions/": { page: "decisions" },
  "events/": { page: "events" },
  "approvals/": { page: "approvals" },
  "audit/": { page: "audit" },
  "reviews/": { page: "reviews" },
  "mode-policies/": { page: "mode-policies" },
  "alerts/": { page: "alerts" },
  "records/": { page: "modules" },
  "webhooks/": { page: "endpoints" },
  "webhooks/new/": { page: "new-endpoint" },
  "webhooks/destinations/": { page: "destinations" },
  "webhooks/destinations/new/": { page: "new-destination" },
  "webhooks/secrets/": { page: "secrets" },
  "webhooks/secrets/new/": { page: "new-secret" },
};
const BY_ID = {
  workflows: "workflow",
  runs: "run",
  events: "event",
  approvals: "approval",
  backfills: "backfill",
} as const;
const OF_WORKFLOW = {
  runs: "workflow-runs",
  versions: "versions",
  promote: "promote",
  golive: "golive",
  backtests: "backtests",
  settings: "settings",
  backfills: "workflow-backfills",
} as const;

export function routeOf(pathname: string, home: string): Route {
  if (!pathname.startsWith(home)) return { page: "unknown" };
  const rest = pathname.slice(home.length);
  const plain = PLAIN[rest];
  if (plain !== undefined) return plain;
  const numbered =
    /^(workflows|runs|events|approvals|backfills)\/(\d{1,18})\/(?:(runs|versions|promote|golive|backtests|backfills|settings)\/)?$/.exec(
      rest,
    );
  if (numbered !== null) {
    const id = Number(numbered[2]);
    const below = numbered[3] as keyof typeof OF_WORKFLOW | undefined;
    const family = numbered[1] as keyof typeof BY_ID;
    if (below === undefined) return { page: BY_ID[family], id };
    return family === "workflows" ? { page: OF_WORKFLOW[below], id } : { page: "unknown" };
  }
  const week = /^reviews\/(\d{4}-W\d{2})\/$/.exec(rest)?.[1];
  if (week !== undefined) return { page: "review", week };
  const keptReview = /^reviews\/kept\/(\d{1,15})\/$/.exec(rest)?.[1];
  if (keptReview !== undefined) return { page: "kept-review", id: Number(keptReview) };
  const redrive = /^redrives\/(\d{1,15})\/$/.exec(rest)?.[1];
  if (redrive !== undefined) return { page: "redrive", id: Number(redrive) };
  const diagnosed = /^diagnosis\/(\d{1,18})\/$/.exec(rest)?.[1];
  if (diagnosed !== undefined) return { page: "diagnosis", id: Number(diagnosed) };
  const fingerprint = /^dead-letters\/([0-9a-f]{16})\/$/.exec(rest)?.[1];
  if (fingerprint !== undefined) return { page: "cause", fingerprint };
  const condition = /^conditions\/([a-z0-9_-]{1,80})\/$/i.exec(rest)?.[1];
  if (condition !== undefined) return { page: "condition", key: condition };
  const endpoint = /^webhooks\/endpoints\/([a-z0-9_-]{1,40})\/$/i.exec(rest)?.[1];
  if (endpoint !== undefined) return { page: "endpoint", key: endpoint };
  const kept = /^webhooks\/(destination|secret)s\/([a-z0-9_-]{1,80})\/$/i.exec(rest);
  if (kept !== null) return { page: kept[1] as "destination" | "secret", key: kept[2] ?? "" };
  const delivery = /^webhooks\/deliveries\/(\d{1,15})\/$/.exec(rest)?.[1];
  if (delivery !== undefined) return { page: "delivery", id: Number(delivery) };
  const records = /^records\/([a-z0-9_-]{1,63})\/(?:([^/]+)\/)?$/i.exec(rest);
  if (records === null) return { page: "unknown" };
  const [, module = "", record] = records;
  if (record === undefined) return { page: "records", module };
  try {
    return { page: "record", module, record: decodeURIComponent(record) };
  } catch {
    return { page: "unknown" }; // half of an escape
  }
}

/** The history state of addresses that were reached by a link of the app, not by loading the page. */
export const IN_APP = "in-app";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("popstate", listener);
  };
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

export function navigate(address: string): void {
  history.pushState(IN_APP, "", address);
  scrollTo(0, 0);
  for (const listener of listeners) listener();
}

type Search = Record<string, string>;

/** The query string, where every filter and selection of a page lives, and a way to change some of it: "" takes a
 * name away. The address is replaced, so that Back leaves the page and does not walk through its filters. */
export function useSearch(): [Search, (change: Search) => void] {
  const text = useSyncExternalStore(subscribe, () => location.search);
  const search = useMemo(() => Object.fromEntries(new URLSearchParams(text)), [text]);
  const change = useCallback((wanted: Search) => {
    const next = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(wanted)) {
      if (value === "") next.delete(name);
      else next.set(name, value);
    }
    const query = next.toString();
    history.replaceState(history.state, "", location.pathname + (query && `?${query}`) + location.hash);
    for (const listener of listeners) listener();
  }, []);
  return [search, change];
}
