/** Copied nodes as text, so that they go from workflow to workflow, and from window to window. */

import type { Drawing, Note } from "./document";
import { MAX_NOTE_LENGTH, noteKey } from "./notes";

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
    notes: drawing.notes.filter((note) => chosen.has(noteKey(note))),
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
    const { id, type, title, lane, config, disabled } = node;
    if (typeof id !== "string" || typeof type !== "string") return [];
    const texts = {
      title: typeof title === "string" ? title : "",
      lane: typeof lane === "string" ? lane : "",
    };
    const off = disabled === true ? { disabled } : {};
    return [{ id, type, ...texts, config: isObject(config) ? config : {}, ...off }];
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
  const notes = (Array.isArray(value.notes) ? value.notes : []).filter(isObject).flatMap((note): Note[] => {
    const { id, text, x, y, width, height } = note;
    if (typeof id !== "string" || typeof text !== "string" || text.length > MAX_NOTE_LENGTH) return [];
    if (typeof x !== "number" || typeof y !== "number") return [];
    if (typeof width !== "number" || typeof height !== "number") return [];
    return [{ id, text, x, y, width, height }];
  });
  return nodes.length + notes.length === 0 ? null : { nodes, edges, layout, notes };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
