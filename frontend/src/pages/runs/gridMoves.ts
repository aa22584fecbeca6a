export interface Place {
  row: number;
  column: number;
}

/** Where a key leads from a place in a grid, or null when it leads nowhere; the edges hold. */
export function moved(at: Place, key: string, rows: number, columns: number): Place | null {
  const last = { row: rows - 1, column: columns - 1 };
  const targets: Record<string, Place> = {
    ArrowUp: { ...at, row: Math.max(0, at.row - 1) },
    ArrowDown: { ...at, row: Math.min(last.row, at.row + 1) },
    ArrowLeft: { ...at, column: Math.max(0, at.column - 1) },
    ArrowRight: { ...at, column: Math.min(last.column, at.column + 1) },
    Home: { ...at, column: 0 },
    End: { ...at, column: last.column },
    PageUp: { ...at, row: 0 },
    PageDown: { ...at, row: last.row },
  };
  return targets[key] ?? null;
}

const LEAST = 2;

/** The height of a run's bar, so that the longest is `full`; a run that took no time still has a bar. */
export function barHeight(ms: number, longest: number, full: number): number {
  return longest <= 0 ? LEAST : Math.max(LEAST, Math.round((ms / longest) * full));
}
