import "./tree.css";

const OPEN_DEPTH = 2;

/** JSON as people read it: names and values, what lies deep folded. */
export function Tree({ value, depth = 0 }: { value: unknown; depth?: number }) {
  const entries = entriesOf(value);
  if (entries === null) return <code className="leaf">{leafOf(value)}</code>;
  if (entries.length === 0)
    return <span className="note">{Array.isArray(value) ? "no items" : "nothing"}</span>;
  return (
    <ul className="tree">
      {entries.map(([name, inner]) => (
        <li key={name}>
          {hasParts(inner) ? (
            <details open={depth < OPEN_DEPTH}>
              <summary>{name}</summary>
              <Tree value={inner} depth={depth + 1} />
            </details>
          ) : (
            <>
              <span className="name">{name}</span> <Tree value={inner} depth={depth + 1} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function entriesOf(value: unknown): [string, unknown][] | null {
  return typeof value === "object" && value !== null ? Object.entries(value) : null;
}

function hasParts(value: unknown): boolean {
  return (entriesOf(value)?.length ?? 0) > 0;
}

function leafOf(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}
