/** A document as it is drawn to be looked at: boxes and lines with their words and places, no more. */

import type { Step } from "../api/runTypes";
import {
  type Family,
  familyOf,
  type GraphDocument,
  kindOf,
  type Look,
  lookOf,
  type Place,
  placeOf,
  readingOrder,
  titleOf,
} from "./document";
import { layOut, NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { edgeKey } from "./operations";

export interface Box {
  id: string;
  place: Place;
  title: string;
  kind: string;
  family: Family;
  look: Look;
  /** What a run did here; null where it has not come. */
  step: Step | null;
}

export interface Line {
  id: string;
  from: string;
  /** The `d` of its path. */
  path: string;
  middle: Place;
  branch: string;
  /** Whether the run went along it. */
  taken: boolean;
}

export interface Still {
  /** In reading order, which is the order of the Tab key. */
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

export function stillOf(document: GraphDocument, steps: ReadonlyMap<string, Step>): Still {
  const places = layOut(document);
  const boxes = readingOrder(document).map((node): Box => {
    const [family, look] = [familyOf(node), lookOf(node)];
    const step = steps.get(node.id) ?? null;
    const place = placeOf(places, node.id);
    return {
      id: node.id,
      place,
      title: titleOf(node),
      kind: kindOf(node),
      family,
      look,
      step,
    };
  });
  const lines = document.edges.flatMap((edge): Line[] => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    const branch = edge.branch ?? "";
    const taken = steps.get(edge.from)?.branches.includes(branch) ?? false;
    return [{ id: edgeKey(edge), from: edge.from, ...lineBetween(from, to), branch, taken }];
  });
  const width = Math.max(0, ...boxes.map(({ place }) => place.x)) + NODE_WIDTH;
  const height = Math.max(0, ...boxes.map(({ place }) => place.y)) + NODE_HEIGHT;
  return { boxes, lines, width, height };
}

/** From the right side of one box to the left side of another. */
function lineBetween(from: Place, to: Place): { path: string; middle: Place } {
  const [x, y] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2];
  const [endX, endY] = [to.x, to.y + NODE_HEIGHT / 2];
  const middle = { x: (x + endX) / 2, y: (y + endY) / 2 };
  return { path: `M${x} ${y}C${middle.x} ${y} ${middle.x} ${endY} ${endX} ${endY}`, middle };
}
