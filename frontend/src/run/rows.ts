/** The steps of a run as every view lists them: each node of the version, in reading order, with what became of it. */

import type { LogEntry, Step } from "../api/runTypes";
import {
  type Family,
  familyOf,
  type GraphDocument,
  type GraphNode,
  kindOf,
  readingOrder,
  titleOf,
} from "../graph/document";

export interface StepRow {
  node: string;
  title: string;
  kind: string;
  family: Family;
  /** The settings that the version gave it. */
  config: Record<string, unknown>;
  /** null: the run has not come here. */
  step: Step | null;
  lines: LogEntry[];
}

export function rowsOf(document: GraphDocument, steps: Step[], entries: LogEntry[]): StepRow[] {
  const byNode = new Map(steps.map((step) => [step.node, step]));
  const lines = linesByNode(entries);
  const drawn = readingOrder(document);
  const known = new Set(drawn.map((node) => node.id));
  // A step that the document doesn't draw still happened.
  const others = steps
    .filter((step) => !known.has(step.node))
    .map((step): GraphNode => ({ id: step.node, type: step.kind }));
  return [...drawn, ...others].map((node) => ({
    node: node.id,
    title: titleOf(node),
    kind: kindOf(node),
    family: familyOf(node),
    config: node.config ?? {},
    step: byNode.get(node.id) ?? null,
    lines: lines.get(node.id) ?? [],
  }));
}

export function linesByNode(entries: LogEntry[]): Map<string, LogEntry[]> {
  const byNode = new Map<string, LogEntry[]>();
  for (const entry of entries) {
    const lines = byNode.get(entry.node);
    if (lines === undefined) byNode.set(entry.node, [entry]);
    else lines.push(entry);
  }
  return byNode;
}
