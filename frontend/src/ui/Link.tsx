import type { ComponentProps, MouseEvent } from "react";
import { useSite } from "../app/context";
import { navigate } from "../app/router";

type Anchor = Omit<ComponentProps<"a">, "href" | "onClick">;

/** A link inside the app: `to` is below its home. Ctrl+click and the like stay the browser's. */
export function Link({ to, ...anchor }: Anchor & { to: string }) {
  const { home } = useSite();
  const address = home + to;
  const onClick = (event: MouseEvent) => {
    if (isPlainClick(event)) {
      event.preventDefault();
      navigate(address);
    }
  };
  return <a {...anchor} href={address} onClick={onClick} />;
}

type Click = Pick<MouseEvent, "button" | "metaKey" | "ctrlKey" | "shiftKey" | "altKey">;

/** Whether a click wants the page here, not in another tab or window. */
export function isPlainClick(event: Click): boolean {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

/** Where the page of a record is, below the app's home. */
export function recordTo(module: string, key: string): string {
  return `records/${module}/${encodeURIComponent(key)}/`;
}
