import { type ReactNode, useId } from "react";
import type { Field } from "../../api/recordTypes";

const INPUT_TYPES: Record<string, string> = { date: "date", datetime: "datetime-local" };

interface Editing {
  field: Field;
  text: string;
  choices: string[];
  problem: string | undefined;
  onText: (text: string) => void;
}

/** The label and input of one typed field, with what is wrong with it. */
export function FieldInput({ field, text, choices, problem, onText }: Editing) {
  return (
    <Labelled
      label={field.label ?? field.key}
      required={field.required === true}
      help={[field.help ?? "", HELP[field.type] ?? ""].filter((one) => one !== "").join(" ")}
      problem={problem}
    >
      {(input) =>
        field.type === "choice" || field.type === "boolean" ? (
          <select {...input} value={text} onChange={(event) => onText(event.target.value)}>
            <option value="">–</option>
            {(field.type === "boolean" ? ["true", "false"] : choices).map((choice) => (
              <option key={choice} value={choice}>
                {field.type === "boolean" ? (choice === "true" ? "Yes" : "No") : choice}
              </option>
            ))}
          </select>
        ) : field.type === "json" ? (
          <textarea {...input} rows={4} value={text} onChange={(event) => onText(event.target.value)} />
        ) : (
          <input
            {...input}
            type={INPUT_TYPES[field.type] ?? "text"}
            inputMode={field.type === "number" || field.type === "money" ? "decimal" : undefined}
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
        )
      }
    </Labelled>
  );
}

const HELP: Record<string, string> = {
  list: "Separate with commas.",
  user: "A user name.",
  json: "JSON.",
};

interface InputProps {
  id: string;
  required: boolean;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface Labelling {
  label: string;
  required?: boolean;
  help?: string;
  problem?: string | undefined;
  children: (input: InputProps) => ReactNode;
}

/** An input under its label, tied to its help and its problem. */
export function Labelled({ label, required = false, help = "", problem, children }: Labelling) {
  const id = useId();
  const told = help !== "" || problem !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {required && <span className="note"> (needed)</span>}
      </label>
      {children({
        id,
        required,
        "aria-invalid": problem !== undefined,
        "aria-describedby": told ? `${id}-told` : undefined,
      })}
      {told && (
        <span id={`${id}-told`} className={problem === undefined ? "note" : "error"}>
          {problem ?? help}
        </span>
      )}
    </div>
  );
}
