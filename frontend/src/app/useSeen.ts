import { useEffect } from "react";
import { useSite } from "./context";
import { readPreferences } from "./preferences";
import type { Route } from "./router";

/** Tells the server what is open, while the reader is taking the first steps: a step counts when it was taken. */
export function useSeen(route: Route): void {
  const { api } = useSite();
  const id = route.page === "workflow" || route.page === "run" ? route.id : null;
  useEffect(() => {
    if (id === null || !readPreferences().first_steps) return;
    const what = route.page === "run" ? { run: id } : { workflow: id };
    api.seen(what).catch(() => undefined); // the page itself says when the server can't be reached
  }, [api, id, route.page]);
}
