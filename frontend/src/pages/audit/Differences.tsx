import { differences, inShort, told } from "./differing";

/** An entry's before and after, as what differs: names with their values crossed out and put in their place. */
export function Differences({ before, after }: { before: unknown; after: unknown }) {
  const rows = differences(before, after);
  if (rows.length === 0) return "–";
  return (
    <dl className="audit-changes">
      {rows.map(({ name, from, to }) => (
        <div key={name}>
          {name !== "" && <dt>{name}</dt>}
          <dd>
            {from !== undefined && (
              <del>
                <Value value={from} />
              </del>
            )}
            {from !== undefined && to !== undefined && (
              <>
                {" "}
                <span aria-hidden="true">→</span>
                <span className="visually-hidden">becomes</span>{" "}
              </>
            )}
            {to !== undefined && (
              <ins>
                <Value value={to} />
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value }: { value: unknown }) {
  const short = inShort(value);
  if (short === null || !Array.isArray(value)) return told(value);
  return (
    <details>
      <summary>{short}</summary>
      <ul>
        {value.map((one) => (
          <li key={JSON.stringify(one)}>{told(one)}</li>
        ))}
      </ul>
    </details>
  );
}
