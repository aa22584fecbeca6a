import { useSite } from "../../app/context";

const KINDS = [
  ["pdf", "PDF"],
  ["html", "HTML"],
  ["csv", "CSV"],
] as const;

/** A review as files, all from the same figures. */
export function Downloads({ base, search = "", name }: { base: string; search?: string; name: string }) {
  const { home } = useSite();
  return (
    <span className="actions">
      {KINDS.map(([kind, word]) => (
        <a key={kind} className="button quiet" href={`${home}api/v1/${base}${kind}/${search}`} download>
          {word}
        </a>
      ))}
      <a className="button quiet" href={`${home}api/v1/${base}${search}`} download={`${name}.json`}>
        JSON
      </a>
    </span>
  );
}
