/** Problems as the editor shows them: told by node and by the place in its settings, which stay when nodes move up. */

import type { Problem } from "../api/types";
import type { Drawing } from "../graph/document";
import { SERVER_ONLY } from "../graph/validation";

export interface Finding extends Problem {
  /** The place inside the node's settings: "rule.all[0].op"; "" for the node as a whole. */
  field: string;
}

const IN_CONFIG = /^nodes\[(\d+)\]\.config(?:\.(.*))?$/s;
const NODE = /^nodes\[(\d+)\]/;
const EDGE = /^edges\[(\d+)\]/;

/** The problems of a document that `drawing` was when they were found. */
export function findingsOf(problems: readonly Problem[], drawing: Drawing): Finding[] {
  return problems.map((problem) => {
    const inside = IN_CONFIG.exec(problem.path);
    const node = NODE.exec(problem.path);
    const edge = EDGE.exec(problem.path);
    const named =
      problem.node ||
      (node && drawing.nodes[Number(node[1])]?.id) ||
      (edge && drawing.edges[Number(edge[1])]?.from) ||
      "";
    return { ...problem, node: named, field: inside?.[2] ?? "" };
  });
}

/**
 * What is known of a draft between two answers of the server: what the browser finds by itself, and the server's word
 * about steps that have not changed since it looked at `seen`.
 */
export function knownFindings(
  local: readonly Problem[],
  drawing: Drawing,
  server: readonly Finding[],
  seen: Drawing,
): Finding[] {
  const found = findingsOf(local, drawing);
  const told = new Set(found.map(nameOf));
  const before = new Map(seen.nodes.map((node) => [node.id, node]));
  const now = new Map(drawing.nodes.map((node) => [node.id, node]));
  const kept = server.filter((finding) => {
    const node = now.get(finding.node);
    const same = node !== undefined && node === before.get(finding.node);
    return same && (finding.field !== "" || SERVER_ONLY.includes(finding.code)) && !told.has(nameOf(finding));
  });
  return [...found, ...kept];
}

function nameOf({ code, node, field }: Finding): string {
  return `${code} ${node} ${field}`;
}

/** What "Did you mean “x”?" proposes; null where the hint proposes nothing that can be put in by itself. */
export function proposalOf(finding: Finding): string | null {
  if (finding.field === "") return null;
  return /^Did you mean “([^”]+)”\?$/.exec(finding.hint)?.[1] ?? null;
}

/** The policy that a finding proposes in the place of a rule: "Use the policy “vip”, so that…". */
export function policyOf(finding: Finding): string | null {
  if (finding.code !== "policy-says-the-same") return null;
  return /^Use the policy “([^”]+)”/.exec(finding.hint)?.[1] ?? null;
}

/** Whether a finding is about a rule that a policy would say once. */
export function asksForPolicy({ code }: Finding): boolean {
  return code === "rule-stands-elsewhere" || code === "repeated-rule";
}

/** The value at a path such as "cases[1].rule" of settings; undefined where it leads nowhere. */
export function valueAt(config: unknown, path: string): unknown {
  let value = config;
  for (const part of path.split(/[.[\]]+/).filter((one) => one !== "")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** Settings with the value at a path such as "rule.all[0].op" replaced; where the path leads nowhere, as they were. */
export function withValueAt(config: Record<string, unknown>, path: string, value: unknown) {
  const next = structuredClone(config);
  const parts = path.split(/[.[\]]+/).filter((part) => part !== "");
  const last = parts.pop();
  let holder: unknown = next;
  for (const part of parts) {
    if (typeof holder !== "object" || holder === null) return config;
    holder = (holder as Record<string, unknown>)[part];
  }
  if (last === undefined || typeof holder !== "object" || holder === null || !(last in holder)) return config;
  (holder as Record<string, unknown>)[last] = value;
  return next;
}

export function errorsIn(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.severity === "error");
}
