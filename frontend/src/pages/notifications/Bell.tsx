import { type MouseEvent, type ToggleEvent, useRef } from "react";
import { createPortal } from "react-dom";
import { useNotifications } from "./context";
import { NotificationList } from "./NotificationList";
import "./notifications.css";

/** The bell in the header, which the server renders: the count of what is unread, and the list when it is pressed. */
export function Bell() {
  const place = document.getElementById("bell");
  return place === null ? null : createPortal(<BellButton />, place);
}

function BellButton() {
  const { unread, more } = useNotifications();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const count = unread?.length ?? 0;
  const shown = `${count}${more ? "+" : ""}`;
  // Below the button, wherever the header's lines have put it.
  const onBeforeToggle = (event: ToggleEvent) => {
    const bottom = button.current?.getBoundingClientRect().bottom ?? 0;
    if (event.newState === "open") list.current?.style.setProperty("top", `${bottom + 8}px`);
  };
  const closeOnLink = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest("a")) list.current?.hidePopover();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="bell"
        popoverTarget="notifications"
        aria-label={count === 0 ? "Notifications, none unread" : `Notifications, ${shown} unread`}
      >
        <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
          <path d="M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9M10 20a2.2 2.2 0 0 0 4 0" />
        </svg>
        {count > 0 && <span className="count">{shown}</span>}
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a link that is pressed by key is clicked too. */}
      <div
        ref={list}
        id="notifications"
        className="bell-list"
        popover="auto"
        role="dialog"
        aria-label="Notifications"
        onClick={closeOnLink}
        onBeforeToggle={onBeforeToggle}
      >
        <NotificationList />
      </div>
    </>
  );
}
