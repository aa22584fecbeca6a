import type { Step } from "../api/runTypes";
import type { GraphDocument } from "./document";
import { StillGraph } from "./StillGraph";

interface Props {
  document: GraphDocument;
  steps: Step[];
  now: number;
  /** The node that is chosen, and what to do when another one is. */
  selected: string;
  onSelect: (node: string) => void;
}

export function GraphSection({ document, ...drawn }: Props) {
  return (
    <section aria-labelledby="graph">
      <h2 id="graph">Graph</h2>
      {document.nodes.length === 0 ? (
        <p className="note">Nothing is drawn yet.</p>
      ) : (
        <StillGraph document={document} {...drawn} />
      )}
    </section>
  );
}
