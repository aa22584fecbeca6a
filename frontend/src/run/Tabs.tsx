import type { KeyboardEvent, ReactNode } from "react";
import { VIEWS, type View } from "./useChoice";

const NAMES: Record<View, string> = { graph: "Graph", timeline: "Timeline", log: "Log", data: "Data" };

interface Tabbed {
  view: View;
  show: (view: View) => void;
  children: ReactNode;
}

/** One view of the run at a time; arrow keys move between them. */
export function Tabs({ view, show, children }: Tabbed) {
  const onKeyDown = (event: KeyboardEvent<HTMLButtonElement>) => {
    const place = VIEWS.indexOf(view);
    const moves: Record<string, number> = {
      ArrowRight: place + 1,
      ArrowLeft: place - 1,
      Home: 0,
      End: -1,
    };
    const move = moves[event.key];
    const next = move === undefined ? undefined : VIEWS.at(move % VIEWS.length);
    if (next === undefined) return;
    event.preventDefault();
    show(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label="Views of the run">
        {VIEWS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === view}
            aria-controls="view"
            tabIndex={name === view ? 0 : -1}
            onClick={() => show(name)}
            onKeyDown={onKeyDown}
          >
            {NAMES[name]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="view" aria-labelledby={`tab-${view}`}>
        {children}
      </div>
    </>
  );
}
