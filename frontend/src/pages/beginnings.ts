/** What a new workflow can begin with, as the gallery's choices name it in the address. */

import type { Module } from "../api/recordTypes";
import type { Template, Workflow } from "../api/types";

export type Beginning =
  | { kind: "blank" }
  | { kind: "template"; template: Template }
  | { kind: "copy"; workflow: Workflow | null };

/** `from` is "", "template:<key>", "copy" or "copy:<id>"; what is not on offer is blank. */
export function beginningOf(from: string, templates: Template[], workflows: Workflow[]): Beginning {
  const template = templates.find((one) => from === `template:${one.key}` && one.missing.length === 0);
  if (template !== undefined) return { kind: "template", template };
  if (from === "copy" || from.startsWith("copy:")) {
    return { kind: "copy", workflow: workflows.find((one) => from === `copy:${one.id}`) ?? null };
  }
  return { kind: "blank" };
}

/** A name that none of the workflows has: names make keys, which are taken once only. */
export function freeName(wanted: string, workflows: Workflow[]): string {
  const taken = new Set(workflows.map((one) => one.name.toLowerCase()));
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${wanted} ${number}`;
  return name;
}

/** The name that the form proposes. */
export function nameFor(beginning: Beginning, workflows: Workflow[]): string {
  if (beginning.kind === "template") return freeName(beginning.template.name, workflows);
  if (beginning.kind === "copy" && beginning.workflow !== null) {
    return freeName(`Copy of ${beginning.workflow.name}`, workflows);
  }
  return "";
}

/** The module that the beginning is about, which can't be chosen then; null: choose one. */
export function moduleFor(beginning: Beginning): string | null {
  if (beginning.kind === "template") return beginning.template.module;
  return beginning.kind === "copy" ? (beginning.workflow?.module ?? null) : null;
}

/** What a template lacks here, in words; "" when it works as it is. */
export function lackOf(template: Template, modules: Module[]): string {
  const { missing, problems } = template;
  if (missing.length > 0) {
    const names = missing.map((key) => `“${key}”`).join(" and ");
    return `Needs the ${missing.length === 1 ? "module" : "modules"} ${names}, which this installation does not have.`;
  }
  if (problems.length === 0) return "";
  const module = modules.find((one) => one.key === template.module)?.name ?? template.module;
  const count = problems.length === 1 ? "One setting does" : `${problems.length} settings do`;
  return `${count} not fit ${module} here yet; the editor shows where.`;
}
