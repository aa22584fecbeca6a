/**
 * What can be done to a drawing, by name. Each operation changes the drawing that it is given: the editor hands in a
 * draft of immer's, so that every one becomes patches that can be undone.
 */

import { branchesOf, canBeDisabled, wouldMakeCycle } from "./branches";
import { type Drawing, type Family, familyOf, type GraphEdge, type GraphNode, type Place } from "./document";
import { noteOf, pasteNotes, removeNotes, rounded } from "./notes";

const LETTERS: Record<Family, string> = { trigger: "t", condition: "c", action: "a" };

/** A free id that tells the family: "a3". */
export function freeId(drawing: Drawing, type: string, taken: ReadonlySet<string> = new Set()): string {
  const letter = LETTERS[familyOf({ id: "", type })];
  const used = new Set(drawing.nodes.map((node) => node.id));
  let number = 1;
  while (used.has(letter + number) || taken.has(letter + number)) number += 1;
  return letter + number;
}

export interface Way {
  from: string;
  branch: string;
}

/** Add a node, with the settings that are known of it; with `after`, connected to that way out. Answers its id. */
export function addNode(
  drawing: Drawing,
  type: string,
  after?: Way,
  place?: Place,
  config: Readonly<Record<string, unknown>> = {},
): string {
  const id = freeId(drawing, type);
  const before = drawing.nodes.find((node) => node.id === after?.from);
  drawing.nodes.push({ id, type, title: "", lane: before?.lane ?? "", config: { ...config } });
  if (place !== undefined) drawing.layout[id] = place;
  if (after !== undefined && whyNotConnect(drawing, after.from, after.branch, id) === "") {
    drawing.edges.push(edge(after.from, after.branch, id));
  }
  return id;
}

/** Put a new node between the two ends of an edge. Its own first way out leads on. Answers its id. */
export function insertOnEdge(drawing: Drawing, key: string, type: string): string {
  const found = drawing.edges.findIndex((one) => edgeKey(one) === key);
  const cut = drawing.edges[found];
  const id = addNode(drawing, type);
  const node = nodeOf(drawing, id);
  if (cut === undefined || node === undefined) return id;
  node.lane = nodeOf(drawing, cut.from)?.lane ?? "";
  drawing.edges.splice(found, 1, edge(cut.from, cut.branch ?? "", id));
  const [first = ""] = branchesOf(node);
  if (leadsOn(node)) drawing.edges.push(edge(id, first, cut.to));
  return id;
}

/** Why the two can't be connected, in words for people; "" when they can. */
export function whyNotConnect(drawing: Drawing, from: string, branch: string, to: string): string {
  const [source, target] = [nodeOf(drawing, from), nodeOf(drawing, to)];
  if (source === undefined || target === undefined) return "There is no such step.";
  if (from === to) return "A step can’t lead to itself.";
  if (familyOf(target) === "trigger") return "A trigger only starts; nothing leads to it.";
  if (!leadsOn(source)) return "Nothing comes after a stop.";
  if (drawing.edges.some((one) => edgeKey(one) === edgeKey(edge(from, branch, to)))) {
    return "These are connected already.";
  }
  if (wouldMakeCycle(drawing, from, to)) return "This would make a circle.";
  return "";
}

/** Connect a way out with a node. Answers why it can't be done, or "". */
export function connect(drawing: Drawing, from: string, branch: string, to: string): string {
  const refused = whyNotConnect(drawing, from, branch, to);
  if (refused === "") drawing.edges.push(edge(from, branch, to));
  return refused;
}

export function disconnect(drawing: Drawing, key: string): void {
  const found = drawing.edges.findIndex((one) => edgeKey(one) === key);
  if (found >= 0) drawing.edges.splice(found, 1);
}

/** Let a way out lead to one node and no other: what the outline's select does. `to` "" ends it. */
export function leadTo(drawing: Drawing, from: string, branch: string, to: string): string {
  if (to !== "") {
    const others = drawing.edges.filter((one) => one.from !== from || (one.branch ?? "") !== branch);
    const refused = whyNotConnect({ ...drawing, edges: others }, from, branch, to);
    if (refused !== "") return refused;
  }
  keepEdges(drawing, (one) => one.from !== from || (one.branch ?? "") !== branch);
  if (to !== "") drawing.edges.push(edge(from, branch, to));
  return "";
}

/** Remove nodes with their edges, and notes. With `join`, what led to a removed node leads on to what came after it. */
export function removeNodes(drawing: Drawing, ids: readonly string[], join = true): void {
  removeNotes(drawing, ids);
  for (const id of ids) {
    const node = nodeOf(drawing, id);
    if (node === undefined) continue;
    const into = drawing.edges.filter((one) => one.to === id);
    const onward = drawing.edges.filter((one) => one.from === id && one.branch !== "failed");
    keepEdges(drawing, (one) => one.from !== id && one.to !== id);
    drawing.nodes.splice(drawing.nodes.indexOf(node), 1);
    delete drawing.layout[id];
    // Only where it is clear what comes next: one way out.
    const next = onward[0];
    if (join && onward.length === 1 && next !== undefined) {
      for (const one of into) connect(drawing, one.from, one.branch ?? "", next.to);
    }
  }
}

/** What a new step may be called: the label, with a number where another step has that name. */
export function freeTitle(drawing: Drawing, label: string): string {
  const taken = new Set(drawing.nodes.map((node) => node.title));
  if (label === "" || !taken.has(label)) return label;
  let number = 2;
  while (taken.has(`${label} ${number}`)) number += 1;
  return `${label} ${number}`;
}

export function rename(drawing: Drawing, id: string, title: string): void {
  const node = nodeOf(drawing, id);
  if (node !== undefined) node.title = title;
}

export function setLane(drawing: Drawing, ids: readonly string[], lane: string): void {
  for (const node of drawing.nodes) if (ids.includes(node.id)) node.lane = lane;
}

/** Disable steps, or enable them. Those that can't be disabled stay as they are. */
export function setDisabled(drawing: Drawing, ids: readonly string[], disabled: boolean): void {
  for (const node of drawing.nodes) {
    if (!ids.includes(node.id)) continue;
    if (!disabled) delete node.disabled;
    else if (canBeDisabled(node)) node.disabled = true;
  }
}

/** Change a node's settings. Where a switch's cases are renamed, the edges out of them follow; those of a case that is
 * gone go with it. */
export function configure(drawing: Drawing, id: string, config: Record<string, unknown>): void {
  const node = nodeOf(drawing, id);
  if (node === undefined) return;
  const before = branchesOf(node);
  node.config = config;
  if (node.type !== "condition.switch") return;
  const after = branchesOf(node);
  const renamed = new Map<string, string>();
  if (before.length === after.length) {
    const changed = before.flatMap((name, at) => (name === after[at] ? [] : [[name, after[at]] as const]));
    const [[was = "", now = ""] = []] = changed;
    if (changed.length === 1) renamed.set(was, now);
  }
  const known = new Set(after);
  for (const one of drawing.edges) {
    const name = renamed.get(one.branch ?? "");
    if (one.from === id && name !== undefined) one.branch = name;
  }
  if (after.length < before.length) {
    keepEdges(drawing, (one) => one.from !== id || known.has(one.branch ?? ""));
  }
}

/** Put nodes and notes somewhere. */
export function move(drawing: Drawing, places: Readonly<Record<string, Place>>): void {
  for (const [id, place] of Object.entries(places)) {
    const note = noteOf(drawing, id);
    if (note !== undefined) Object.assign(note, rounded(place));
    else drawing.layout[id] = rounded(place);
  }
}

/** Give nodes to a team. They stand where the layout puts them in its lane. */
export function moveToLane(drawing: Drawing, ids: readonly string[], lane: string): void {
  setLane(drawing, ids, lane);
  for (const id of ids) delete drawing.layout[id];
}

/** Forget where nodes were put by hand, so that they stand where the layout puts them. */
export function tidy(drawing: Drawing): void {
  drawing.layout = {};
}

/** Add nodes, the edges among them and notes under free ids; those put by hand stand a little aside. Answers what the
 * editor names them. */
export function paste(drawing: Drawing, clip: Drawing): string[] {
  const names = new Map<string, string>();
  for (const node of clip.nodes) {
    const id = freeId(drawing, node.type);
    names.set(node.id, id);
    drawing.nodes.push({ ...structuredClone(node), id });
    const place = clip.layout[node.id];
    if (place !== undefined) drawing.layout[id] = { x: place.x + 40, y: place.y + 40 };
  }
  for (const one of clip.edges) {
    const [from, to] = [names.get(one.from), names.get(one.to)];
    if (from !== undefined && to !== undefined) drawing.edges.push({ ...one, from, to });
  }
  return [...names.values(), ...pasteNotes(drawing, clip.notes)];
}

export function nodeOf(drawing: Drawing, id: string): GraphNode | undefined {
  return drawing.nodes.find((node) => node.id === id);
}

/** The name of an edge: no two of a drawing have the same. */
export function edgeKey(one: GraphEdge): string {
  return `${one.from}:${one.branch ?? ""}:${one.to}`;
}

export function leadsOn(node: GraphNode): boolean {
  return node.type !== "action.stop";
}

function edge(from: string, branch: string, to: string): GraphEdge {
  return branch === "" ? { from, to } : { from, to, branch };
}

/** In place: immer's drafts are told what went. */
function keepEdges(drawing: Drawing, keep: (one: GraphEdge) => boolean): void {
  for (let at = drawing.edges.length - 1; at >= 0; at -= 1) {
    const one = drawing.edges[at];
    if (one !== undefined && !keep(one)) drawing.edges.splice(at, 1);
  }
}
