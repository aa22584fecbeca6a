/** Moving along the graph by keys. */

import { readPreferences } from "../app/preferences";
import type { Drawing, Place } from "../graph/document";

export type Direction = "right" | "left" | "up" | "down";

/** The node that an arrow leads to: along an edge, or to the nearest of those that stand above or below. */
export function neighbour(
  drawing: Drawing,
  places: ReadonlyMap<string, Place>,
  from: string,
  direction: Direction,
): string | null {
  const here = places.get(from);
  if (here === undefined) return null;
  if (direction === "right" || direction === "left") {
    const ahead = drawing.edges
      .filter((edge) => (direction === "right" ? edge.from : edge.to) === from)
      .map((edge) => (direction === "right" ? edge.to : edge.from));
    return nearest(ahead, places, here);
  }
  const others = [...places].filter(([id, place]) => {
    if (id === from) return false;
    return direction === "down" ? place.y > here.y : place.y < here.y;
  });
  return nearest(
    others.map(([id]) => id),
    places,
    here,
  );
}

function nearest(ids: readonly string[], places: ReadonlyMap<string, Place>, here: Place): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const place = places.get(id);
    if (place === undefined) continue;
    const distance = (place.x - here.x) ** 2 + (place.y - here.y) ** 2;
    if (distance < least) [best, least] = [id, distance];
  }
  return best;
}

/** Whether keys belong to a field that is typed in. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** Whether a key is a single character that the reader has switched off as a command (WCAG 2.1.4). */
export function isSwitchedOff(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): boolean {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  return plain && event.key.length === 1 && event.key !== " " && !readPreferences().single_keys;
}
