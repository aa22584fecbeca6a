import { lazy, Suspense } from "react";
import type { Step } from "../api/types";
import type { GraphDocument } from "./document";

// Drawing takes more code than all the rest, and only two pages draw.
const GraphCanvas = lazy(() => import("./GraphCanvas"));

interface Drawn {
  document: GraphDocument;
  steps?: Step[];
  /** The node that is chosen, and what to do when another one is. */
  selected?: string;
  onSelect?: (node: string) => void;
}

export function GraphSection({ document, ...drawn }: Drawn) {
  return (
    <section aria-labelledby="graph">
      <h2 id="graph">Graph</h2>
      {document.nodes.length === 0 ? (
        <p className="note">Nothing is drawn yet.</p>
      ) : (
        <Suspense fallback={<div className="graph-place" />}>
          <GraphCanvas document={document} {...drawn} />
        </Suspense>
      )}
    </section>
  );
}
