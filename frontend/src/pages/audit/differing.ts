export interface Difference {
  /** "" for a value that is no object. */
  name: string;
  /** undefined: there was none. */
  from: unknown;
  to: unknown;
}

/** What differs between an entry's before and after, by name; names whose values are equal are left out. */
export function differences(before: unknown, after: unknown): Difference[] {
  if (!isObject(before) && !isObject(after)) {
    if (same(before, after)) return [];
    return [{ name: "", from: before ?? undefined, to: after ?? undefined }];
  }
  const was = isObject(before) ? before : {};
  const is = isObject(after) ? after : {};
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => !same(was[name], is[name]))
    .map((name) => ({ name, from: was[name], to: is[name] }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
