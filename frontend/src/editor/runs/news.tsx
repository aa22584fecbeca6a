/** What the workflow's socket tells while the editor is open: its runs, and who else has the draft open. */

import { createContext, type ReactNode, useContext, useState } from "react";
import type { Frame, Run } from "../../api/runTypes";
import type { Present } from "../../api/types";
import { useSite } from "../../app/context";
import type { LiveState } from "../../live/socket";
import { mergeRuns } from "../../live/state";
import { useLive } from "../../live/useLive";
import { useWorld } from "../world";

interface News {
  /** Newest first; null until the first word. */
  runs: Run[] | null;
  people: Present[];
  live: LiveState;
}

const NewsContext = createContext<News | null>(null);

export function NewsProvider({ children }: { children: ReactNode }) {
  const { api, home } = useSite();
  const { workflow } = useWorld();
  const [tab] = useState(() => `t${Math.random().toString(36).slice(2)}`);
  const [runs, setRuns] = useState<Run[] | null>(null);
  const [people, setPeople] = useState<Present[]>([]);
  const add = (told: Run[]) => setRuns((known) => mergeRuns(known ?? [], told));

  const poll = async () => {
    const page = await api.runsOf(workflow.id);
    add(page.results);
    return page.results[0]?.id ?? 0;
  };
  const onFrame = (frame: Frame) => {
    if (frame.type === "people") setPeople(frame.people);
    else if (frame.type === "reset")
      poll().catch(() => undefined); // the socket goes on
    else if (frame.type !== "end" && frame.type !== "pong") add(frame.runs ?? []);
  };
  const live = useLive({ path: `ws/workflows/${workflow.id}/`, home, after: 0, tab, onFrame, poll });
  // Who is there is known only while the socket tells.
  const seen = live.kind === "live" ? people : [];
  return <NewsContext.Provider value={{ runs, people: seen, live }}>{children}</NewsContext.Provider>;
}

export function useNews(): News {
  const news = useContext(NewsContext);
  if (news === null) throw new Error("This must be inside NewsProvider.");
  return news;
}
