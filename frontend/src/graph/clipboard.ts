/** Copied nodes as text, so that they go from workflow to workflow, and from window to window. */

import type { Drawing } from "./document";

const MARK = "automations/nodes";

/** The chosen nodes with the edges among them. Settings never hold a secret's value, only its name. */
export function copied(drawing: Drawing, ids: readonly string[]): string {
  const chosen = new Set(ids);
  const layout = Object.fromEntries(Object.entries(drawing.layout).filter(([id]) => chosen.has(id)));
  return JSON.stringify({
    type: MARK,
    nodes: drawing.nodes.filter((node) => chosen.has(node.id)),
    edges: drawing.edges.filter((edge) => chosen.has(edge.from) && chosen.has(edge.to)),
    layout,
  });
}

/** What was copied, or null when the text is something else. It comes from outside: only known parts are taken. */
export function readClip(text: string): Drawing | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value.type !== MARK || !Array.isArray(value.nodes) || !Array.isArray(value.edges)) {
    return null;
  }
  const nodes = value.nodes.filter(isObject).flatMap((node) => {
    const { id, type, title, lane, config } = node;
    if (typeof id !== "string" || typeof type !== "string") return [];
    const texts = {
      title: typeof title === "string" ? title : "",
      lane: typeof lane === "string" ? lane : "",
    };
    return [{ id, type, ...texts, config: isObject(config) ? config : {} }];
  });
  const edges = value.edges.filter(isObject).flatMap(({ from, to, branch }) => {
    if (typeof from !== "string" || typeof to !== "string") return [];
    return [typeof branch === "string" && branch !== "" ? { from, to, branch } : { from, to }];
  });
  const places = isObject(value.layout) ? Object.entries(value.layout) : [];
  const layout = Object.fromEntries(
    places.flatMap(([id, place]) => {
      if (!isObject(place)) return [];
      const { x, y } = place;
      return typeof x === "number" && typeof y === "number" ? [[id, { x, y }]] : [];
    }),
  );
  return nodes.length === 0 ? null : { nodes, edges, layout };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
