/** Values of fields and of names: a literal of the right type, text with data in it, or a reference. */

import { useState } from "react";
import type { Field } from "../api/recordTypes";
import type { FormFacts } from "./facts";
import { LiteralInput } from "./LiteralInput";
import { TextWithData } from "./TemplateText";
import { fieldsOf, type WidgetProps } from "./widget";

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
  const [wanted, setWanted] = useState("");
  const add = (name: string) => {
    setWanted("");
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
          // A choice alone does nothing: those who use keys pass others on the way to theirs.
          <div className="form-line">
            <select
              aria-label="Field to set"
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
            >
              <option value="">Choose a field…</option>
              {free.map((field) => (
                <option key={field.key} value={field.key}>
                  {field.label ?? field.key}
                </option>
              ))}
            </select>
            <button type="button" disabled={wanted === ""} onClick={() => add(wanted)}>
              Set field
            </button>
          </div>
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

function OneValue({ label, field, value, onChange: change, facts, readOnly }: OneProps) {
  // What is typed never changes the field under the hand; only the choice does.
  const [kept, setKept] = useState<Way | null>(null);
  const way = kept !== null && wayOf(value, field) !== "reference" ? kept : wayOf(value, field);
  const onChange = (next: unknown) => {
    setKept(way === "reference" ? null : way);
    change(next);
  };
  const ref = way === "reference" ? String((value as { ref: unknown }).ref) : "";
  return (
    <span className="one-value">
      <select
        aria-label={`How ${label} is given`}
        value={way}
        disabled={readOnly}
        onChange={(event) => {
          const next = event.target.value as Way;
          setKept(next === "reference" ? null : next);
          if (next === "reference") change({ ref: facts.references[0]?.path ?? "record" });
          else change(next === "value" && field?.type === "boolean" ? true : "");
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
        <TextWithData
          field={{ "aria-label": label }}
          name={label}
          rows={1}
          value={value === undefined || value === null ? "" : String(value)}
          onChange={onChange}
          facts={facts}
          readOnly={readOnly}
        />
      )}
    </span>
  );
}
