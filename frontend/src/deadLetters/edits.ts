/** One edit of what many runs start with, as it is typed: rows of a field and what becomes of it. */

export type Becomes = "text" | "number" | "yes" | "no" | "nothing" | "json" | "removed";

export const BECOMES: Record<Becomes, string> = {
  text: "is the text",
  number: "is the number",
  yes: "is yes (true)",
  no: "is no (false)",
  nothing: "is nothing (null)",
  json: "is the JSON",
  removed: "is taken out",
};

export interface Row {
  /** For React: rows have no other name. */
  id: number;
  field: string;
  becomes: Becomes;
  value: string;
}

export interface Edit {
  set: Record<string, unknown>;
  remove: string[];
}

export function takesValue(becomes: Becomes): boolean {
  return becomes === "text" || becomes === "number" || becomes === "json";
}

/** The edit that the rows say, null where they say none; a sentence where a value can't be read. Rows without a field are
 * not there yet. */
export function editOf(rows: readonly Row[]): Edit | null | string {
  const edit: Edit = { set: {}, remove: [] };
  for (const row of rows) {
    const field = row.field.trim();
    if (field === "") continue;
    if (row.becomes === "removed") {
      edit.remove.push(field);
      continue;
    }
    const value = readAs(row);
    if (value === undefined) return `“${row.value}” is no ${row.becomes === "json" ? "JSON" : "number"}.`;
    edit.set[field] = value;
  }
  return edit.remove.length === 0 && Object.keys(edit.set).length === 0 ? null : edit;
}

/** undefined: what was typed can't be read so. */
function readAs({ becomes, value }: Row): unknown {
  if (becomes === "text") return value;
  if (becomes === "yes" || becomes === "no") return becomes === "yes";
  if (becomes === "nothing") return null;
  try {
    const read: unknown = JSON.parse(value);
    return becomes === "json" || typeof read === "number" ? read : undefined;
  } catch {
    return undefined;
  }
}
