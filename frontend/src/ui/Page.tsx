import { type ReactNode, useEffect, useRef } from "react";
import { IN_APP } from "../app/router";
import type { Loaded } from "../app/useLoad";

/** A page's heading: names the tab, and takes the focus when the page was reached by a link inside the app. */
export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Automations`;
    if (history.state === IN_APP) heading.current?.focus();
  }, [title]);
  return (
    <div className="heading">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}

interface Showing<Value> {
  loaded: Loaded<Value>;
  again: () => void;
  children: (value: Value) => ReactNode;
}

/** What was loaded, or that it is being loaded, or why it could not be. */
export function Show<Value>({ loaded, again, children }: Showing<Value>) {
  if (loaded.state === "loading") return <p className="note">Loading…</p>;
  if (loaded.state === "failed") {
    return (
      <div className="problem" role="alert">
        <p>{loaded.message}</p>
        <button type="button" onClick={again}>
          Try again
        </button>
      </div>
    );
  }
  return children(loaded.value);
}
