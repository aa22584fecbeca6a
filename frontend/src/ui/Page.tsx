import { type ReactNode, useEffect, useRef } from "react";
import { IN_APP } from "../app/router";
import type { Loaded } from "../app/useLoad";
import { Waiting } from "./Waiting";

interface Titled {
  title: string;
  /** How much waits on the page; the tab shows it. */
  count?: number;
  children?: ReactNode;
}

/** A page's heading: names the tab, and takes the focus when the page was reached by a link inside the app. */
export function Heading({ title, count = 0, children }: Titled) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ""}${title} · Automations`;
  }, [title, count]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another title is another page.
  useEffect(() => {
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
  /** How many rows of a table what comes is high. */
  rows?: number;
  children: (value: Value) => ReactNode;
}

/** What was loaded, or that it is being loaded, or why it could not be. */
export function Show<Value>({ loaded, again, rows = 6, children }: Showing<Value>) {
  if (loaded.state === "loading") return <Waiting rows={rows} again={again} />;
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
