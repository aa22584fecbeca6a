/** Problems as the editor shows them: told by node and by the place in its settings, which stay when nodes move up. */

import type { JsonSchema } from "../api/catalogTypes";
import type { Problem } from "../api/types";
import { settingName } from "../difference/settingName";
import type { Drawing } from "../graph/document";
import { SERVER_ONLY } from "../graph/validation";
import { operatorWord } from "../policies/ruleText";

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

/** The settings with what a finding proposes; in a text only the wrong name gives way. Null where it can't be placed. */
export function mended(config: Record<string, unknown>, finding: Finding): Record<string, unknown> | null {
  const proposal = proposalOf(finding);
  if (proposal === null) return null;
  const value = valueAt(config, finding.field);
  if (typeof value !== "string" || !value.includes("{{")) return withValueAt(config, finding.field, proposal);
  const wrong = [...finding.message.matchAll(/“([^”]+)”/g)].at(-1)?.[1] ?? "";
  const text = value.replace(/\{\{.*?\}\}/gs, (piece) => withName(piece, wrong, proposal));
  return text === value ? null : withValueAt(config, finding.field, text);
}

/** A piece such as "{{ record.titel | upper }}" with a name in it replaced, where it stands as a whole. */
function withName(piece: string, wrong: string, right: string): string {
  const parts = piece.split(/([\p{L}\p{N}_]+|"[^"]*"|'[^']*')/u);
  return parts.map((part) => (part === wrong ? right : part)).join("");
}

/** A finding in the words of the page: settings, operators and steps by the names that stand beside them. */
export function worded(finding: Finding, name: string, schema: JsonSchema | undefined): Finding {
  let { message } = finding;
  if (finding.code === "missing-config") message = `“${settingName(schema, finding.field)}” is missing.`;
  if (finding.code === "missing-value")
    message = message.replace(/^“(\w+)”/, (_, operator: string) => `“${operatorWord(operator)}”`);
  return { ...finding, message: message.replaceAll(`“${finding.node}”`, `“${name}”`) };
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
