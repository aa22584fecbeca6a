/** What the sentences of all checks are made of, word for word as the server says them. */

import type { Problem } from "../api/types";

export const MAX_PROBLEMS = 200;
/** What UTF-16 writes characters beyond its first 65,536 with. */
const HALVES = /[\ud800-\udfff]/;
const SUSPECT = /[\0\ud800-\udfff]/;

export type Json = Record<string, unknown>;

export function problem(code: string, path: string, message: string, hint: string, node = ""): Problem {
  return { code, path, node, message, hint, severity: "error" };
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name of an object itself; names such as “constructor” come with every object. */
export function own<Value>(of: Record<string, Value> | undefined, name: string): Value | undefined {
  return of !== undefined && Object.hasOwn(of, name) ? of[name] : undefined;
}

/** What JSON writes without a point or an exponent is a whole number to the server. */
export function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) < 1e21;
}

/** How many characters a text has; what UTF-16 writes as a pair is one. */
export function lengthOf(text: string): number {
  return HALVES.test(text) ? [...text].length : text.length;
}

/** The first characters of a text. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : [...text].slice(0, most).join("");
}

/** Whether PostgreSQL or UTF-8 would refuse the text. */
export function isUnstorable(text: string): boolean {
  return SUSPECT.test(text) && /[\0\p{Cs}]/u.test(text);
}

export function counted(count: number): string {
  return count.toLocaleString("en-US");
}

export function several(count: number, noun: string): string {
  return `${counted(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The values in quotes with commas, cut after `most`. */
export function listed(values: readonly unknown[], most = 12): string {
  const shown = values
    .slice(0, most)
    .map((value) => `“${shownOf(value)}”`)
    .join(", ");
  return values.length > most ? `${shown} and ${values.length - most} more` : shown;
}

/** A value as it may stand in a sentence: never long, never nested. */
export function shownOf(value: unknown): string {
  if (typeof value === "object" && value !== null) return "…";
  const text = String(value);
  return lengthOf(text) <= 60 ? text : `${cut(text, 59)}…`;
}

/** An untrusted value as a sentence may name it: text in quotes, of what has no short text only its kind. */
export function quoted(value: unknown, most = 40): string {
  if (typeof value === "string") {
    const shown = cut(value, most).replace(/(?! )[\p{C}\p{Z}]/gu, "\uFFFD");
    return `“${shown}${lengthOf(value) > most ? "…" : ""}”`;
  }
  if (typeof value === "number") return isWhole(value) ? String(value) : digitsOf(value);
  if (typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : "an object";
}

export function isPrintable(text: string): boolean {
  return !/(?! )[\p{C}\p{Z}]/u.test(text);
}

/** The known name that was most likely meant; "" when none is near. */
export function nearest(name: string, known: readonly string[]): string {
  if (lengthOf(name) > 40) return "";
  const alike = known
    .slice(0, 100)
    .filter((other) => Math.abs(lengthOf(other) - lengthOf(name)) <= 4)
    .map((other) => ({ other, ends: sharedEnds(name, other) }))
    .sort((left, right) => right.ends - left.ends);
  const near = alike.slice(0, 8).map(({ other }) => other);
  // Words that begin alike may differ more: “prio” is “priority”, but “owner” is not “zone”.
  const beginAlike = near.filter((other) => [...other][0] === [...name][0]);
  return closest(name, near, 0.7) || closest(name, beginAlike);
}

/** The hint that names the nearest known word; "" when none is near. */
export function didYouMean(wanted: unknown, known: readonly string[]): string {
  const meant = typeof wanted === "string" ? nearest(wanted, known) : "";
  return meant && `Did you mean “${meant}”?`;
}

/** The one of the words that shares most with a word, if that is much of both. */
export function closest(word: string, words: readonly string[], least = 0.6): string {
  let best = "";
  let most = 0;
  for (const other of words) {
    const share = likeness([...other], [...word]);
    if (share >= least && (share > most || (share === most && other > best))) [best, most] = [other, share];
  }
  return best;
}

/** Ratcliff and Obershelp: twice the characters in common blocks to all characters. */
function likeness(one: readonly string[], other: readonly string[]): number {
  const all = one.length + other.length;
  return all === 0 ? 1 : (2 * inBlocks(one, other)) / all;
}

/** Characters in the longest common block, the first of the longest, and in those to its left and right. */
function inBlocks(one: readonly string[], other: readonly string[]): number {
  let [size, start, place] = [0, 0, 0];
  let before: number[] = [];
  for (let at = 0; at < one.length; at++) {
    const runs: number[] = [];
    for (let to = 0; to < other.length; to++) {
      if (one[at] !== other[to]) continue;
      const run = (before[to - 1] ?? 0) + 1;
      runs[to] = run;
      if (run > size) [size, start, place] = [run, at - run + 1, to - run + 1];
    }
    before = runs;
  }
  if (size === 0) return 0;
  const left = inBlocks(one.slice(0, start), other.slice(0, place));
  return left + size + inBlocks(one.slice(start + size), other.slice(place + size));
}

function sharedEnds(left: string, right: string): number {
  const [one, other] = [[...left], [...right]];
  return sharedStart(one, other) + sharedStart(one.reverse(), other.reverse());
}

function sharedStart(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((letter, index) => letter !== other[index]);
  return end < 0 ? one.length : end;
}

/** A number with at most twenty digits, all that it has. */
function digitsOf(value: number): string {
  const text = value.toPrecision(20);
  const [digits = "", exponent] = text.split("e");
  const short = digits.replace(/\.?0+$/, ""); // what is no whole number has a point here
  return exponent === undefined ? short : `${short}e${exponent.replace(/\d+/, (at) => at.padStart(2, "0"))}`;
}
