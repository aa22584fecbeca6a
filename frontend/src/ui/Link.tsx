import type { MouseEvent, ReactNode } from "react";
import { useSite } from "../app/context";
import { navigate } from "../app/router";

/** A link inside the app: `to` is below its home. Ctrl+click and the like stay the browser's. */
export function Link({ to, children }: { to: string; children: ReactNode }) {
  const { home } = useSite();
  const address = home + to;
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(address);
  };
  return (
    <a href={address} onClick={onClick}>
      {children}
    </a>
  );
}
