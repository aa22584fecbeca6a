/** "98.2 %" of `all`; a share that isn't whole is never rounded up to 100 %. "–" of nothing. */
export function percent(part: number, all: number): string {
  if (all === 0) return "–";
  const tenths = Math.floor((part / all) * 1000) / 10;
  return `${tenths % 1 === 0 ? tenths.toFixed(0) : tenths.toFixed(1)} %`;
}
