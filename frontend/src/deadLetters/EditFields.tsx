import { useId } from "react";
import { BECOMES, type Becomes, type Row, takesValue } from "./edits";

interface Props {
  rows: Row[];
  onChange: (rows: Row[]) => void;
  /** What may be named, to choose from. */
  known: string[];
}

/** The fields that are set in, or taken out of, what each run starts with. */
export function EditFields({ rows, onChange, known }: Props) {
  const id = useId();
  const change = (row: Row) => onChange(rows.map((one) => (one.id === row.id ? row : one)));
  const add = () => {
    const next = Math.max(0, ...rows.map((row) => row.id)) + 1;
    onChange([...rows, { id: next, field: "", becomes: "text", value: "" }]);
  };
  return (
    <details className="edit-fields">
      <summary>Start them with other values</summary>
      <p className="note">
        The same for each run: the event stays, and the audit of each run keeps what was there before.
      </p>
      <datalist id={id}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {rows.map((row, index) => (
        <fieldset key={row.id} className="edit-row">
          <legend className="visually-hidden">Field {index + 1}</legend>
          <input
            type="text"
            aria-label={`Field ${index + 1}`}
            placeholder="field"
            list={id}
            maxLength={63}
            autoComplete="off"
            value={row.field}
            onChange={(event) => change({ ...row, field: event.target.value })}
          />
          <select
            aria-label={`What becomes of field ${index + 1}`}
            value={row.becomes}
            onChange={(event) => change({ ...row, becomes: event.target.value as Becomes })}
          >
            {Object.entries(BECOMES).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
          {takesValue(row.becomes) && (
            <input
              type="text"
              aria-label={`Value of field ${index + 1}`}
              placeholder="value"
              value={row.value}
              onChange={(event) => change({ ...row, value: event.target.value })}
            />
          )}
          <button type="button" onClick={() => onChange(rows.filter((one) => one.id !== row.id))}>
            Remove<span className="visually-hidden"> field {index + 1}</span>
          </button>
        </fieldset>
      ))}
      <button type="button" onClick={add}>
        Add a field
      </button>
    </details>
  );
}
