/** A text in parts, every other of which is the beginning of a word that was looked for: the second, the fourth, … */
export function parted(text: string, search: string): string[] {
  const words = search
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, ""))
    .filter((word) => word !== "")
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  if (words.length === 0) return [text];
  return text.split(new RegExp(`(?<![\\p{L}\\p{N}_])(${words.join("|")})`, "giu"));
}
