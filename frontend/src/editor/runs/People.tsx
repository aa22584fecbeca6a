import type { Present } from "../../api/types";
import { useNews } from "./news";

/** Who else has this draft open. */
export function People() {
  const { people } = useNews();
  if (people.length === 0) return null;
  return (
    <ul className="present" aria-label="Also open">
      {people.map((person) => (
        <li key={person.username} title={wordOf(person)}>
          <span className="initials" aria-hidden="true">
            {initialsOf(person.name)}
          </span>
          <span className="present-name">{wordOf(person)}</span>
        </li>
      ))}
    </ul>
  );
}

function wordOf({ name, you }: Present): string {
  return you ? "You, in another tab" : name;
}

/** “PN” of “Priya Nair”; by characters, not by halves of them. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return [first, last]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toLocaleUpperCase();
}
