/** Two people's drafts in one: what only one of them touched is theirs to decide. */

import { canonical } from "./difference";
import type { Drawing, GraphEdge, Note } from "./document";
import { freeNoteId } from "./notes";
import { freeId } from "./operations";

/**
 * Both drawings' changes since `base`, where no node and no way out was touched by both; null where one was. `mine` is
 * as `apart` answers it.
 */
export function combined(base: Drawing, mine: Drawing, theirs: Drawing): Drawing | null {
  const nodes = merged(byId(base.nodes), byId(mine.nodes), byId(theirs.nodes));
  const edges = merged(byWay(base.edges), byWay(mine.edges), byWay(theirs.edges));
  if (nodes === null || edges === null) return null;
  const joined = [...edges.values()].flat();
  if (joined.some((edge) => !nodes.has(edge.from) || !nodes.has(edge.to))) return null;
  const places = Object.keys({ ...theirs.layout, ...mine.layout }).flatMap((id) => {
    const moved = canonical(mine.layout[id]) !== canonical(base.layout[id]);
    const place = moved ? mine.layout[id] : theirs.layout[id];
    return place === undefined || !nodes.has(id) ? [] : [[id, place] as const];
  });
  return {
    nodes: [...nodes.values()],
    edges: joined,
    layout: Object.fromEntries(places),
    notes: notesOfBoth(base.notes, mine.notes, theirs.notes),
  };
}

/**
 * My drawing, with other ids for the nodes that I added where the other person's new nodes have the same: ids are given
 * in order, so that two people who add an action each make an “a3”. One that my settings speak of keeps its id.
 */
export function apart(base: Drawing, mine: Drawing, theirs: Drawing): Drawing {
  const known = new Set(base.nodes.map((node) => node.id));
  const other = byId(theirs.nodes);
  const settings = JSON.stringify(mine.nodes.map((node) => node.config ?? {}));
  const names = new Map<string, string>();
  for (const node of mine.nodes) {
    const same = other.get(node.id);
    if (known.has(node.id) || same === undefined || canonical(same) === canonical(node)) continue;
    if (new RegExp(`\\b${node.id.replaceAll(/\W/g, "\\$&")}\\b`).test(settings)) continue;
    const taken = new Set([...other.keys(), ...names.values()]);
    names.set(node.id, freeId(mine, node.type, taken));
  }
  if (names.size === 0) return mine;
  const named = (id: string) => names.get(id) ?? id;
  return {
    ...mine,
    nodes: mine.nodes.map((node) => ({ ...node, id: named(node.id) })),
    edges: mine.edges.map((edge) => ({ ...edge, from: named(edge.from), to: named(edge.to) })),
    layout: Object.fromEntries(Object.entries(mine.layout).map(([id, place]) => [named(id), place])),
  };
}

/** Key by key: who changed it decides, in the order of theirs; null where both did, differently. */
function merged<Value>(
  base: Map<string, Value>,
  mine: Map<string, Value>,
  theirs: Map<string, Value>,
): Map<string, Value> | null {
  const all = new Map<string, Value>();
  for (const key of new Set([...theirs.keys(), ...mine.keys(), ...base.keys()])) {
    const [was, left, right] = [base.get(key), mine.get(key), theirs.get(key)];
    const changed = canonical(left) !== canonical(was);
    if (changed && canonical(right) !== canonical(was) && canonical(left) !== canonical(right)) return null;
    const value = changed ? left : right;
    if (value !== undefined) all.set(key, value);
  }
  return all;
}

/** Notes stop nobody: where both people wrote in one, both texts are kept. */
function notesOfBoth(base: readonly Note[], mine: readonly Note[], theirs: readonly Note[]): Note[] {
  const [was, other] = [byId(base), byId(theirs)];
  const changed = mine.filter((note) => canonical(note) !== canonical(was.get(note.id)));
  const own = new Set(mine.map((note) => note.id));
  const touched = new Set(changed.map((note) => note.id));
  const kept = theirs.filter((note) => {
    if (touched.has(note.id)) return false;
    return own.has(note.id) || canonical(note) !== canonical(was.get(note.id));
  });
  const both = changed.flatMap((note) => {
    const them = other.get(note.id);
    if (them === undefined || canonical(them) === canonical(was.get(note.id))) return [];
    return [them];
  });
  const all = [...kept, ...changed];
  for (const note of both) all.push({ ...note, id: freeNoteId(all), y: note.y + note.height });
  return all;
}

function byId<Part extends { id: string }>(nodes: readonly Part[]): Map<string, Part> {
  return new Map(nodes.map((node) => [node.id, node]));
}

/** Edges by the way out that they leave by: where it leads is one decision. */
function byWay(edges: readonly GraphEdge[]): Map<string, GraphEdge[]> {
  const ways = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const way = JSON.stringify([edge.from, edge.branch ?? ""]);
    ways.set(way, [...(ways.get(way) ?? []), edge]);
  }
  for (const found of ways.values()) found.sort((one, other) => (one.to < other.to ? -1 : 1));
  return ways;
}
