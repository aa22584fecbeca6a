/** Which page an address means, and moving between pages without loading anew. */

import { useSyncExternalStore } from "react";

export type Route =
  | { page: "workflows" }
  | { page: "workflow"; id: number }
  | { page: "run"; id: number }
  | { page: "unknown" };

export function routeOf(pathname: string, home: string): Route {
  if (!pathname.startsWith(home)) return { page: "unknown" };
  const rest = pathname.slice(home.length);
  if (rest === "") return { page: "workflows" };
  const match = /^(workflows|runs)\/(\d{1,18})\/$/.exec(rest);
  if (match === null) return { page: "unknown" };
  return { page: match[1] === "runs" ? "run" : "workflow", id: Number(match[2]) };
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
