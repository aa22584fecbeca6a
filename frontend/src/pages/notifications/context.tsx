import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import type { Notification, Page } from "../../api/types";
import { useSite } from "../../app/context";

const LOOK_MS = 30_000;

interface Notifications {
  /** Newest first, at most fifty; null until they are known. */
  unread: Notification[] | null;
  /** There are more than `unread` holds. */
  more: boolean;
  markRead: (id: number) => Promise<void>;
}

const NotificationsContext = createContext<Notifications>({
  unread: null,
  more: false,
  markRead: async () => undefined,
});

export function useNotifications(): Notifications {
  return useContext(NotificationsContext);
}

/** The reader's unread notifications, one list for the header and the pages, looked up again every half minute. */
export function NotificationsProvider({ children }: { children: ReactNode }) {
  const { api } = useSite();
  const [page, setPage] = useState<Page<Notification> | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    const look = () => {
      if (document.visibilityState !== "visible") return;
      api.list<Notification>("notifications/?unread=true", "", leaving.signal).then(
        (found) => {
          if (!leaving.signal.aborted) setPage(found);
        },
        () => undefined, // the page itself says when the server can't be reached
      );
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      leaving.abort();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [api]);

  const markRead = useCallback(
    async (id: number) => {
      await api.markRead(id);
      setPage((known) => known && { ...known, results: known.results.filter((one) => one.id !== id) });
    },
    [api],
  );
  return (
    <NotificationsContext value={{ unread: page?.results ?? null, more: page?.next != null, markRead }}>
      {children}
    </NotificationsContext>
  );
}
