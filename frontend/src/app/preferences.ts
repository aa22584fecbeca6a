/** How the reader wants the pages. The server writes it on the root element, so that nothing flashes or jumps. */

import { useCallback, useState, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import type { Preferences } from "../api/types";
import { useSite } from "./context";

const listeners = new Set<() => void>();

/** The words on the root element, of which styles know the first two. */
function words(): string {
  const {
    theme = "system",
    density = "comfortable",
    singleKeys = "on",
    firstSteps = "none",
  } = root().dataset;
  return [theme, density, singleKeys, firstSteps].join(" ");
}

function root(): HTMLElement {
  return document.documentElement;
}

export function readPreferences(): Preferences {
  const [theme, density, singleKeys, firstSteps] = words().split(" ");
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    density: density === "compact" ? density : "comfortable",
    single_keys: singleKeys !== "off",
    first_steps: firstSteps === "on",
  };
}

/** Whether the reader makes workflows: the first steps are for those who do. */
export function buildsWorkflows(): boolean {
  return (root().dataset.firstSteps ?? "none") !== "none";
}

function writePreferences(wanted: Preferences): void {
  Object.assign(root().dataset, {
    theme: wanted.theme,
    density: wanted.density,
    singleKeys: wanted.single_keys ? "on" : "off",
    ...(buildsWorkflows() ? { firstSteps: wanted.first_steps ? "on" : "off" } : {}),
  });
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What holds now, a way to change some of it, and why it could not be kept. */
export function usePreferences(): [Preferences, (changes: Partial<Preferences>) => void, string] {
  const { api } = useSite();
  useSyncExternalStore(subscribe, words);
  const [trouble, setTrouble] = useState("");
  const change = useCallback(
    (changes: Partial<Preferences>) => {
      const before = readPreferences();
      writePreferences({ ...before, ...changes });
      setTrouble("");
      api.setPreferences(changes).catch((error: unknown) => {
        writePreferences(before);
        setTrouble(error instanceof ApiError ? error.message : "It could not be kept.");
      });
    },
    [api],
  );
  return [readPreferences(), change, trouble];
}
