/** Values of fields and of names: a literal of the right type, text with data in it, or a reference. */

import type { Field, Operator } from "../api/types";
import type { FormFacts } from "./facts";
import { Duration, fieldsOf, type WidgetProps } from "./widgets";

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
      return (
        <select
          multiple
          aria-label={label}
          size={Math.min(6, field.choices.length)}
          value={list}
          disabled={readOnly}
          onChange={(event) => onChange([...event.target.selectedOptions].map((option) => option.value))}
        >
          {field.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
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

/** Fields of the module with the values that they are given. */
export function RecordValues(props: WidgetProps) {
  const { facts, settings } = props;
  const module = facts.modules.find((one) => one.key === settings.module) ?? facts.module;
  const fields = (module?.fields ?? fieldsOf(facts)).filter((field) => field.read_only !== true);
  return <Values {...props} fields={fields} />;
}

/** Names of one's own with their values. */
export function NamedValues(props: WidgetProps) {
  return <Values {...props} fields={null} />;
}

function Values({
  id,
  value,
  onChange,
  facts,
  readOnly,
  fields,
  describedBy,
}: WidgetProps & { fields: Field[] | null }) {
  const values = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const set = (name: string, next: unknown) => onChange({ ...values, [name]: next ?? "" });
  const free = fields?.filter((field) => !(field.key in values)) ?? null;
  const add = (name: string) => {
    if (name !== "" && !(name in values))
      set(name, fields?.find((field) => field.key === name)?.type === "boolean" ? true : "");
  };
  return (
    <fieldset id={id} tabIndex={-1} className="values" aria-describedby={describedBy || undefined}>
      <legend className="visually-hidden">Values</legend>
      <ul>
        {Object.entries(values).map(([name, current]) => (
          <li key={name}>
            <span className="value-name">{fields?.find((field) => field.key === name)?.label ?? name}</span>
            <OneValue
              label={name}
              field={fields?.find((field) => field.key === name)}
              value={current}
              onChange={(next) => set(name, next)}
              facts={facts}
              readOnly={readOnly}
            />
            {!readOnly && (
              <button
                type="button"
                aria-label={`Remove ${name}`}
                onClick={() => {
                  const { [name]: _, ...rest } = values;
                  onChange(rest);
                }}
              >
                ✕
              </button>
            )}
          </li>
        ))}
      </ul>
      {!readOnly &&
        (free === null ? (
          <input
            aria-label="Name to add; press Enter"
            placeholder="name to add, then Enter"
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add(event.currentTarget.value.trim());
              event.currentTarget.value = "";
            }}
          />
        ) : (
          <select aria-label="Field to set" value="" onChange={(event) => add(event.target.value)}>
            <option value="">Set a field…</option>
            {free.map((field) => (
              <option key={field.key} value={field.key}>
                {field.label ?? field.key}
              </option>
            ))}
          </select>
        ))}
    </fieldset>
  );
}

type Way = "value" | "text" | "reference";

function wayOf(value: unknown, field: Field | undefined): Way {
  if (typeof value === "object" && value !== null && "ref" in value) return "reference";
  if (field === undefined || (typeof value === "string" && value.includes("{{"))) return "text";
  return "value";
}

interface OneProps {
  label: string;
  field: Field | undefined;
  value: unknown;
  onChange: (next: unknown) => void;
  facts: FormFacts;
  readOnly: boolean;
}

function OneValue({ label, field, value, onChange, facts, readOnly }: OneProps) {
  const way = wayOf(value, field);
  const ref = way === "reference" ? String((value as { ref: unknown }).ref) : "";
  return (
    <span className="one-value">
      <select
        aria-label={`How ${label} is given`}
        value={way}
        disabled={readOnly}
        onChange={(event) => {
          if (event.target.value === "reference") onChange({ ref: facts.references[0]?.path ?? "record" });
          else
            onChange(
              event.target.value === "text" ? "{{ event.record }}" : field?.type === "boolean" ? true : "",
            );
        }}
      >
        {field !== undefined && <option value="value">value</option>}
        <option value="text">text with data</option>
        <option value="reference">same as…</option>
      </select>
      {way === "reference" ? (
        <select
          aria-label={`${label} is the same as`}
          value={ref}
          disabled={readOnly}
          onChange={(event) => onChange({ ref: event.target.value })}
        >
          {!facts.references.some((one) => one.path === ref) && <option>{ref}</option>}
          {facts.references.map((one) => (
            <option key={one.path} value={one.path}>
              {one.label} ({one.path})
            </option>
          ))}
        </select>
      ) : way === "value" ? (
        <LiteralInput
          label={label}
          field={field}
          shape="one"
          value={value}
          onChange={onChange}
          readOnly={readOnly}
        />
      ) : (
        <input
          aria-label={label}
          value={value === undefined ? "" : String(value)}
          readOnly={readOnly}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </span>
  );
}
