import { useId } from "react";
import type { JsonSchema } from "../api/catalogTypes";

export type Answers = Record<string, unknown>;

interface Props {
  schema: JsonSchema | Record<string, never>;
  value: Answers;
  onChange: (value: Answers) => void;
}

/** What an approval asks beside yes or no: one native input for each question of its form. */
export function Questions({ schema, value, onChange }: Props) {
  const id = useId();
  const asked = Object.entries("properties" in schema ? (schema.properties ?? {}) : {});
  const required = new Set("required" in schema ? schema.required : []);
  const set = (name: string, answer: unknown) => {
    const { [name]: _, ...others } = value;
    onChange(answer === "" || answer === undefined ? others : { ...others, [name]: answer });
  };
  return asked.map(([name, question]) => (
    <div key={name} className="question">
      <label htmlFor={`${id}-${name}`}>{question.title ?? name}</label>
      <Input
        id={`${id}-${name}`}
        question={question}
        required={required.has(name)}
        value={value[name]}
        onChange={(answer) => set(name, answer)}
      />
      {question.description !== undefined && <p className="note">{question.description}</p>}
    </div>
  ));
}

interface InputProps {
  id: string;
  question: JsonSchema;
  required: boolean;
  value: unknown;
  onChange: (answer: unknown) => void;
}

function Input({ id, question, required, value, onChange }: InputProps) {
  if (question.type === "boolean") {
    return (
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
    );
  }
  if (question.enum !== undefined) {
    const options = question.enum;
    return (
      <select
        id={id}
        required={required}
        value={value === undefined ? "" : String(options.indexOf(value as string))}
        onChange={(event) =>
          onChange(event.target.value === "" ? undefined : options[Number(event.target.value)])
        }
      >
        <option value="">choose</option>
        {options.map((option, index) => (
          <option key={String(option)} value={index}>
            {String(option)}
          </option>
        ))}
      </select>
    );
  }
  const numeric = question.type === "integer" || question.type === "number";
  return (
    <input
      id={id}
      type={numeric ? "number" : "text"}
      step={question.type === "number" ? "any" : undefined}
      min={question.minimum}
      max={question.maximum}
      minLength={question.minLength}
      maxLength={question.maxLength}
      required={required}
      value={value === undefined ? "" : String(value)}
      onChange={(event) =>
        onChange(numeric && event.target.value !== "" ? Number(event.target.value) : event.target.value)
      }
    />
  );
}
