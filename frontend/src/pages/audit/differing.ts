import { dateTime, shown } from "../../ui/format";

export interface Difference {
  /** "" for a value that is no object. */
  name: string;
  /** undefined: there was none. */
  from: unknown;
  to: unknown;
}

/** Without the gate that a release passed: that stands on the page of the trail. */
export function brief(value: unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== "gate"))
    : value;
}

/** What differs between an entry's before and after, by name, in objects down to the names within; names whose values
 * are equal are left out. */
export function differences(before: unknown, after: unknown): Difference[] {
  if (!isObject(before) && !isObject(after)) {
    if (same(before, after)) return [];
    return [{ name: "", from: before ?? undefined, to: after ?? undefined }];
  }
  const was = isObject(before) ? before : {};
  const is = isObject(after) ? after : {};
  const bare = [
    ...(isBare(before) ? [{ name: "", from: before, to: undefined }] : []),
    ...(isBare(after) ? [{ name: "", from: undefined, to: after }] : []),
  ];
  const named = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => !same(was[name], is[name]))
    .flatMap((name) => {
      const [from, to] = [was[name], is[name]];
      if (!isFull(from) && !isFull(to)) return [{ name, from, to }];
      return differences(from, to).map((one) => ({
        ...one,
        name: one.name === "" ? name : `${name}.${one.name}`,
      }));
    });
  return [...bare, ...named];
}

/** A value that is there and is no object. */
function isBare(value: unknown): boolean {
  return value !== null && value !== undefined && !isObject(value);
}

const DIGEST = /^[0-9a-f]{64}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** A value as people read it: a digest by its beginning, a moment in their own time, a list without its brackets. */
export function told(value: unknown): string {
  if (Array.isArray(value) && value.length > 0)
    return value.map(told).join(value.some(isObject) ? "; " : ", ");
  if (isObject(value) && Object.keys(value).length > 0) return toldObject(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "string") return shown(value);
  if (DIGEST.test(value)) return `${value.slice(0, 12)}…`;
  return MOMENT.test(value) ? dateTime(value) : shown(value);
}

/** Above so many objects a list is told by how many there are, and opened by who wants to read them. */
const MOST_AT_ONCE = 3;

/** A long list of objects in a few words, those with a state by it: "14: 10 met, 4 open"; null for what is short. */
export function inShort(value: unknown): string | null {
  if (!Array.isArray(value) || value.length <= MOST_AT_ONCE || !value.every(isObject)) return null;
  const states = value.map((one) => one.state);
  if (!states.every((state) => typeof state === "string")) return `${value.length} entries`;
  const counts = [...new Set(states)].map(
    (state) => `${states.filter((one) => one === state).length} ${state.replace("_", " ")}`,
  );
  return `${value.length}: ${counts.join(", ")}`;
}

function toldObject({ sentence, state, ...rest }: Record<string, unknown>): string {
  if (typeof sentence === "string") return state === undefined ? sentence : `${told(state)}: ${sentence}`;
  const named = state === undefined ? rest : { ...rest, state };
  return Object.entries(named)
    .map(([name, value]) => `${name} ${told(value)}`)
    .join(", ");
}

function isFull(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
