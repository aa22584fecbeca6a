/** What is wrong with the edges of a document, and with the order that they give its steps. */

import type { Problem } from "../api/types";
import { branchesOf, following, reachable } from "./branches";
import { Tally } from "./document";
import type { ReadDocument, ReadEdge, ReadNode } from "./validationParse";
import { listed, nearest, problem } from "./validationWords";

/** What is wrong with single edges. `knows` says whether there is a type of node. */
export function* edgeProblems(document: ReadDocument, knows: (type: string) => boolean): Generator<Problem> {
  const byId = nodesById(document);
  const seen = new Set<string>();
  for (const [index, edge] of document.edges.entries()) {
    const path = `edges[${index}]`;
    const [source, target] = [byId.get(edge.from), byId.get(edge.to)];
    if (source === undefined || target === undefined) continue;
    if (edge.from === edge.to) {
      const message = `“${source.label}” is connected to itself.`;
      yield problem("self-loop", path, message, "Remove the edge.", source.id);
    } else if (target.family === "trigger") {
      const message = `An edge leads into the trigger “${target.label}”; a trigger only starts.`;
      yield problem("edge-into-trigger", `${path}.to`, message, "Remove the edge.", source.id);
    }
    const name = JSON.stringify([edge.from, edge.to, edge.branch]);
    if (seen.has(name)) {
      const message = `“${source.label}” and “${target.label}” are connected twice in the same way.`;
      yield problem("duplicate-edge", path, message, "Remove one of the edges.", source.id);
    }
    seen.add(name);
    const names = branchesOf(source);
    if (knows(source.type) && !names.includes(edge.branch)) yield unknownBranch(edge, source, names, path);
  }
}

/** Circles, and steps that no trigger leads to. */
export function* orderProblems(document: ReadDocument): Generator<Problem> {
  const byId = nodesById(document);
  const edges = document.edges.filter((edge) => edge.from !== edge.to);
  const triggers = document.nodes.filter((node) => node.family === "trigger");
  const ids = document.nodes.map((node) => node.id);
  for (const cycle of cyclesOf(ids, edges)) {
    const [first = "", last] = [cycle[0], cycle.at(-1)];
    const place = document.edges.findLastIndex((edge) => edge.from === last && edge.to === first);
    const labels = cycle.map((id) => byId.get(id)?.label);
    const message = `These steps run in a circle: ${listed(labels, 20)}.`;
    const hint = "Remove one of their edges; to repeat work, start a workflow for each item.";
    yield problem("cycle", `edges[${place}]`, message, hint, first);
  }
  if (triggers.length === 0) return;
  const starts = triggers.map((node) => node.id);
  const reached = reachable(following(edges), starts);
  for (const [index, node] of document.nodes.entries()) {
    if (reached.has(node.id)) continue;
    const message = `No trigger leads to “${node.label}”, so that it never runs.`;
    const hint = "Connect it to a step that runs before it, or remove it.";
    yield problem("unreachable-node", `nodes[${index}]`, message, hint, node.id);
  }
}

function unknownBranch(edge: ReadEdge, source: ReadNode, names: readonly string[], path: string): Problem {
  const named = names.filter((name) => name !== "");
  const meant = edge.branch ? nearest(edge.branch, named) : "";
  const message = edge.branch
    ? `“${source.label}” has no branch “${edge.branch}”.`
    : `An edge out of “${source.label}” doesn't say which branch it belongs to.`;
  const orNone = names.includes("") ? " or leave the branch out" : "";
  const rest = named.length > 0 ? `Choose ${listed(named)}${orNone}.` : "Leave the branch out.";
  const hint = meant ? `Did you mean “${meant}”?` : rest;
  return problem("unknown-branch", `${path}.branch`, message, hint, source.id);
}

function nodesById(document: ReadDocument): ReadonlyMap<string, ReadNode> {
  return new Map(document.nodes.map((node) => [node.id, node]));
}

interface Ends {
  from: string;
  to: string;
}

/** Each circle by its nodes in the order of their edges. No edge may lead to where it begins. */
function cyclesOf(ids: readonly string[], edges: readonly Ends[]): string[][] {
  const next = following(edges);
  const stuck = stuckOf(ids, edges, next);
  // Each of these has one before it that is stuck too, so that walking backwards must come round.
  const before = new Map<string, string>();
  for (const id of ids) {
    if (!stuck.has(id)) continue;
    for (const to of next.get(id) ?? []) if (!before.has(to)) before.set(to, id);
  }
  const cycles: string[][] = [];
  const walked = new Map<string, string>();
  for (const start of ids) {
    const path: string[] = [];
    let at: string | undefined = start;
    while (at !== undefined && stuck.has(at) && !walked.has(at)) {
      walked.set(at, start);
      path.push(at);
      at = before.get(at);
    }
    if (path.length > 0 && at !== undefined && walked.get(at) === start)
      cycles.push(path.slice(path.indexOf(at)).reverse());
  }
  return cycles;
}

/** The nodes that stand in a circle or after one. */
function stuckOf(
  ids: readonly string[],
  edges: readonly Ends[],
  next: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const open = new Tally();
  for (const { to } of edges) open.add(to, 1);
  const free = ids.filter((id) => open.of(id) === 0);
  for (const id of free) {
    for (const to of next.get(id) ?? []) {
      open.add(to, -1);
      if (open.of(to) === 0) free.push(to);
    }
  }
  const freed = new Set(free);
  return new Set(ids.filter((id) => !freed.has(id)));
}
