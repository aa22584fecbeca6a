/** A JSON value as the rows of a tree, of which those inside closed parts are left out. */

export type JsonKind = "text" | "number" | "boolean" | "null" | "object" | "list" | "more";

export interface JsonRow {
  /** As templates and rules name it: "steps.a1.output.items.0". */
  path: string;
  name: string;
  level: number;
  kind: JsonKind;
  /** The value as JSON, or what a closed part holds. */
  text: string;
  /** null: there is nothing to open. */
  open: boolean | null;
}

/** Rows of one list or object before the rest is asked for. */
export const FIRST_PART = 100;

export function jsonRows(
  value: unknown,
  root: string,
  isOpen: (path: string, level: number) => boolean,
): JsonRow[] {
  const rows: JsonRow[] = [];
  add(value, root, root, 1);
  return rows;

  function add(one: unknown, name: string, path: string, level: number): void {
    const parts = partsOf(one);
    if (parts === null || parts.length === 0) {
      rows.push({ path, name, level, kind: kindOf(one), text: JSON.stringify(one ?? null), open: null });
      return;
    }
    const open = isOpen(path, level);
    const list = Array.isArray(one);
    const count = `${parts.length} ${list ? "item" : "field"}${parts.length === 1 ? "" : "s"}`;
    rows.push({
      path,
      name,
      level,
      kind: list ? "list" : "object",
      text: list ? `[${count}]` : `{${count}}`,
      open,
    });
    if (!open) return;
    const rest = `${path}.…`;
    const whole = parts.length <= FIRST_PART || isOpen(rest, Number.POSITIVE_INFINITY);
    for (const [key, part] of whole ? parts : parts.slice(0, FIRST_PART)) {
      add(part, key, `${path}.${key}`, level + 1);
    }
    if (!whole) {
      const text = `${parts.length - FIRST_PART} more`;
      rows.push({ path: rest, name: "", level: level + 1, kind: "more", text, open: false });
    }
  }
}

function partsOf(value: unknown): [string, unknown][] | null {
  if (typeof value !== "object" || value === null) return null;
  return Object.entries(value);
}

function kindOf(value: unknown): JsonKind {
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return value === null ? "null" : "object";
    default:
      return "null";
  }
}
