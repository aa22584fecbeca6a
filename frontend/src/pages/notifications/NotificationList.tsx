import { useState } from "react";
import { ApiError } from "../../api/client";
import type { Notification } from "../../api/types";
import { Ago } from "../../ui/Ago";
import { Link } from "../../ui/Link";
import { Waiting } from "../../ui/Waiting";
import { useNotifications } from "./context";
import "./notifications.css";

/** The unread notifications, each to be marked as read; the newest `atMost`. */
export function NotificationList({ atMost = 50 }: { atMost?: number }) {
  const { unread, more } = useNotifications();
  if (unread === null) return <Waiting rows={3} />;
  if (unread.length === 0) return <p className="note">Nothing waits for you.</p>;
  return (
    <>
      <ul className="notifications">
        {unread.slice(0, atMost).map((one) => (
          <Item key={one.id} notification={one} />
        ))}
      </ul>
      {unread.length > atMost && <p className="note">The bell above has {unread.length - atMost} more.</p>}
      {more && unread.length <= atMost && (
        <p className="note">There are more; mark some of these as read to see them.</p>
      )}
    </>
  );
}

function Item({ notification }: { notification: Notification }) {
  const { markRead } = useNotifications();
  const [trouble, setTrouble] = useState("");
  const { id, title, body, run, address, created_at } = notification;
  const onRead = () => {
    markRead(id).catch((error: unknown) => {
      setTrouble(error instanceof ApiError ? error.message : "It could not be marked. Try again.");
    });
  };
  return (
    <li>
      <strong>{title}</strong> <Ago at={created_at} />
      {body !== "" && <p>{body}</p>}
      <p className="actions">
        {address !== "" && <Link to={address}>Look at it</Link>}
        {run !== null && <Link to={`runs/${run}/`}>Run {run}</Link>}
        <button type="button" onClick={onRead}>
          Mark as read<span className="visually-hidden">: {title}</span>
        </button>
      </p>
      {trouble !== "" && <p role="alert">{trouble}</p>}
    </li>
  );
}
