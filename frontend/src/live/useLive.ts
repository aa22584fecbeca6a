import { useEffect, useEffectEvent, useState } from "react";
import type { Frame } from "../api/runTypes";
import { LiveSocket, type LiveState } from "./socket";

const HIDDEN_MS = 5 * 60_000;

interface Watching {
  /** Path below the app's home: "ws/runs/7/"; null while there is nothing to watch. */
  path: string | null;
  home: string;
  after: number;
  tab?: string;
  tail?: true;
  onFrame: (frame: Frame) => void;
  poll: (after: number) => Promise<number>;
}

/** Keep a socket to `path` while the component is shown; the state is for the chip. */
export function useLive({ path, home, after, tab, tail, onFrame, poll }: Watching): LiveState {
  const [state, setState] = useState<LiveState>({ kind: "catching-up" });
  const tell = useEffectEvent(onFrame);
  const fetchNews = useEffectEvent(poll);
  const first = useEffectEvent(() => after);

  useEffect(() => {
    if (path === null) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const live = new LiveSocket({
      url: `${scheme}//${location.host}${home}${path}`,
      after: first(),
      tab,
      tail,
      onFrame: (frame) => tell(frame),
      onState: setState,
      poll: (cursor) => fetchNews(cursor),
    });
    let hidden: ReturnType<typeof setTimeout> | undefined;
    const onVisibility = () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => live.pause(), HIDDEN_MS);
      else live.resume();
    };
    const onOnline = () => live.resume();
    document.addEventListener("visibilitychange", onVisibility);
    addEventListener("online", onOnline);
    live.start();
    return () => {
      clearTimeout(hidden);
      document.removeEventListener("visibilitychange", onVisibility);
      removeEventListener("online", onOnline);
      live.stop();
    };
  }, [path, home, tab, tail]);

  return state;
}
