import type { Operator } from "../api/catalogTypes";
import type { Field } from "../api/recordTypes";
import { Duration } from "./Duration";
import type { FormFacts } from "./facts";

interface LiteralProps {
  label: string;
  field: Field | undefined;
  shape: Operator["value"];
  value: unknown;
  onChange: (next: unknown) => void;
  readOnly: boolean;
}

const INPUT_TYPES: Record<string, string> = {
  date: "date",
  datetime: "datetime-local",
  integer: "number",
  time: "time",
};

/** A value that is written down: one, several, two, a duration or a pattern, of the field's type. */
export function LiteralInput(props: LiteralProps) {
  const { label, field, shape, value, onChange, readOnly } = props;
  if (shape === "duration") {
    const rest = {
      id: "",
      schema: {},
      facts: {} as FormFacts,
      invalid: false,
      describedBy: "",
      settings: {},
    };
    return <Duration {...rest} value={value} onChange={onChange} readOnly={readOnly} />;
  }
  if (shape === "many" || shape === "pair") {
    const list = Array.isArray(value) ? value.map(String) : [];
    if (field?.choices !== undefined) {
      const all = [...field.choices, ...list.filter((one) => !field.choices?.includes(one))];
      return (
        <fieldset className="choices">
          <legend className="visually-hidden">{label}</legend>
          {all.map((choice) => (
            <label key={choice}>
              <input
                type="checkbox"
                checked={list.includes(choice)}
                disabled={readOnly}
                onChange={({ target }) =>
                  onChange(all.filter((one) => (one === choice ? target.checked : list.includes(one))))
                }
              />{" "}
              {choice}
            </label>
          ))}
        </fieldset>
      );
    }
    return (
      <input
        aria-label={shape === "pair" ? `${label}: from, to` : `${label}, separated by commas`}
        value={list.join(", ")}
        readOnly={readOnly}
        onChange={(event) =>
          onChange(event.target.value === "" ? undefined : event.target.value.split(/,\s*/))
        }
      />
    );
  }
  if (field?.type === "boolean") {
    return (
      <select
        aria-label={label}
        value={value === undefined ? "" : String(value)}
        disabled={readOnly}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value === "true")}
      >
        <option value="">Choose…</option>
        <option value="true">yes</option>
        <option value="false">no</option>
      </select>
    );
  }
  if (field?.choices !== undefined && shape === "one") {
    const now = typeof value === "string" ? value : "";
    return (
      <select
        aria-label={label}
        value={now}
        disabled={readOnly}
        onChange={(event) => onChange(event.target.value || undefined)}
      >
        <option value="">Choose…</option>
        {!field.choices.includes(now) && now !== "" && <option>{now}</option>}
        {field.choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const type = shape === "pattern" ? "text" : (INPUT_TYPES[field?.type ?? ""] ?? "text");
  return (
    <input
      aria-label={label}
      type={type}
      value={value === undefined || value === null ? "" : String(value)}
      readOnly={readOnly}
      onChange={(event) => {
        const typed = event.target.value;
        if (typed === "") onChange(undefined);
        else onChange(type === "number" ? Number(typed) : typed);
      }}
    />
  );
}
