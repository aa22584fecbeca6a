/** One input for each `x-widget` of a setting; what names none is edited by its type. */

import { type ReactNode, useRef, useState } from "react";
import type { Field, JsonSchema } from "../api/types";
import type { FormFacts } from "./facts";
import { CasesEditor, RuleEditor, RuleValuesEditor } from "./RuleEditor";
import { NamedValues, RecordValues } from "./ValuesEditor";

export interface WidgetProps {
  id: string;
  schema: JsonSchema;
  value: unknown;
  /** undefined takes the setting away. */
  onChange: (next: unknown) => void;
  facts: FormFacts;
  readOnly: boolean;
  invalid: boolean;
  describedBy: string;
  /** All settings of the step. */
  settings: Record<string, unknown>;
}

export type Widget = (props: WidgetProps) => ReactNode;

interface Choice {
  value: string;
  label: string;
}

export function widgetOf(schema: JsonSchema): Widget {
  const named = WIDGETS[schema["x-widget"] ?? ""];
  if (named !== undefined) return named;
  if (schema.enum !== undefined) return Select;
  if (schema.type === "array" && schema.items?.properties?.branch !== undefined) return CasesEditor;
  if (schema.type === "object" && schema.properties === undefined) return RuleEditor;
  if (schema.type === "array" && schema.items?.enum !== undefined) return Choices;
  if (schema.type === "integer" || schema.type === "number") return NumberInput;
  if (schema.type === "boolean") return Switch;
  if (schema.type === "string") return TextInput;
  return JsonInput;
}

function shared({ id, invalid, describedBy }: WidgetProps) {
  return {
    id,
    ...(invalid ? { "aria-invalid": true as const } : {}),
    ...(describedBy === "" ? {} : { "aria-describedby": describedBy }),
  };
}

function text(value: unknown): string {
  return typeof value === "string"
    ? value
    : value === undefined || value === null
      ? ""
      : JSON.stringify(value);
}

export function TextInput(props: WidgetProps) {
  return (
    <input
      {...shared(props)}
      value={text(props.value)}
      readOnly={props.readOnly}
      onChange={(event) => props.onChange(event.target.value || undefined)}
    />
  );
}

function NumberInput(props: WidgetProps) {
  const { schema, value, onChange } = props;
  return (
    <input
      {...shared(props)}
      type="number"
      step={schema.type === "integer" ? 1 : "any"}
      min={schema.minimum}
      max={schema.maximum}
      value={typeof value === "number" ? value : ""}
      readOnly={props.readOnly}
      onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}
    />
  );
}

function Switch(props: WidgetProps) {
  return (
    <input
      {...shared(props)}
      type="checkbox"
      checked={props.value === true}
      disabled={props.readOnly}
      onChange={(event) => props.onChange(event.target.checked)}
    />
  );
}

function selectFrom(choicesOf: (props: WidgetProps) => Choice[]): Widget {
  return function SelectWidget(props) {
    const { value, onChange, readOnly } = props;
    const choices = choicesOf(props);
    const current = text(value);
    const known = choices.some((choice) => choice.value === current);
    return (
      <select
        {...shared(props)}
        value={current}
        disabled={readOnly}
        onChange={(event) => onChange(event.target.value || undefined)}
      >
        <option value="">Choose…</option>
        {!known && current !== "" && <option value={current}>{current} (unknown)</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    );
  };
}

function words(value: string): string {
  return value.replaceAll("_", " ");
}

const Select = selectFrom(({ schema }) =>
  (schema.enum ?? []).map((value) => ({ value, label: words(value) })),
);

/** Text that may name people or fields: offered, not forced. */
function suggestFrom(choicesOf: (props: WidgetProps) => Choice[]): Widget {
  return function SuggestWidget(props) {
    return (
      <>
        <input
          {...shared(props)}
          list={`${props.id}-list`}
          value={text(props.value)}
          readOnly={props.readOnly}
          onChange={(event) => props.onChange(event.target.value || undefined)}
        />
        <datalist id={`${props.id}-list`}>
          {choicesOf(props).map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </datalist>
      </>
    );
  };
}

function Choices(props: WidgetProps) {
  const { id, schema, value, onChange, readOnly, describedBy } = props;
  const chosen = Array.isArray(value) ? value : [];
  return (
    <fieldset id={id} tabIndex={-1} className="choices" aria-describedby={describedBy || undefined}>
      <legend className="visually-hidden">{schema.title}</legend>
      {(schema.items?.enum ?? []).map((one) => (
        <label key={one}>
          <input
            type="checkbox"
            checked={chosen.includes(one)}
            disabled={readOnly}
            onChange={(event) =>
              onChange(event.target.checked ? [...chosen, one] : chosen.filter((other) => other !== one))
            }
          />{" "}
          {words(one)}
        </label>
      ))}
    </fieldset>
  );
}

/** A list of names, one a line, with those known to choose from. */
function listFrom(choicesOf: (facts: FormFacts) => Choice[]): Widget {
  return function ListWidget(props) {
    const { id, value, onChange, facts, readOnly } = props;
    const list = Array.isArray(value) ? value.map(String) : [];
    const [typed, setTyped] = useState("");
    const add = () => {
      const name = typed.trim();
      if (name !== "" && !list.includes(name)) onChange([...list, name]);
      setTyped("");
    };
    return (
      <div className="name-list">
        <ul>
          {list.map((name) => (
            <li key={name} className="chip">
              {name}
              {!readOnly && (
                <button
                  type="button"
                  aria-label={`Remove ${name}`}
                  onClick={() => {
                    const rest = list.filter((other) => other !== name);
                    onChange(rest.length === 0 ? undefined : rest);
                  }}
                >
                  ✕
                </button>
              )}
            </li>
          ))}
        </ul>
        {!readOnly && (
          <div className="form-line">
            <input
              {...shared(props)}
              list={`${id}-list`}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
              onBlur={add}
            />
            <button type="button" onClick={add}>
              Add
            </button>
            <datalist id={`${id}-list`}>
              {choicesOf(facts).map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.label}
                </option>
              ))}
            </datalist>
          </div>
        )}
      </div>
    );
  };
}

/** Text with data in it. The field stays a plain one, so that the browser's own undo works in it. */
export function TemplateText(props: WidgetProps) {
  const { value, onChange, facts, readOnly, schema } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const insert = (path: string) => {
    const element = field.current;
    const now = text(value);
    const at = element?.selectionStart ?? now.length;
    const chip = `{{ ${path} }}`;
    onChange(now.slice(0, at) + chip + now.slice(element?.selectionEnd ?? at));
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(at + chip.length, at + chip.length);
    });
  };
  return (
    <>
      <textarea
        {...shared(props)}
        ref={field}
        rows={(schema.maxLength ?? 0) > 1000 ? 4 : 2}
        value={text(value)}
        readOnly={readOnly}
        onChange={(event) => onChange(event.target.value || undefined)}
      />
      {!readOnly && (
        <select
          className="insert"
          aria-label={`Insert data into ${schema.title ?? "the text"}`}
          value=""
          onChange={(event) => insert(event.target.value)}
        >
          <option value="">Insert data…</option>
          {facts.references.map((reference) => (
            <option key={reference.path} value={reference.path}>
              {reference.label} ({reference.path})
            </option>
          ))}
        </select>
      )}
    </>
  );
}

const UNITS: [string, string][] = [
  ["D", "days"],
  ["H", "hours"],
  ["M", "minutes"],
  ["S", "seconds"],
  ["W", "weeks"],
];

/** A duration of one unit as a number and its unit; what mixes units is edited as text: P1DT4H. */
export function Duration(props: WidgetProps) {
  const { id, value, onChange, readOnly } = props;
  const now = text(value);
  const simple = /^P(?:(\d+)([DW])|T(\d+)([HMS]))$/.exec(now);
  if (now !== "" && simple === null) return <TextInput {...props} />;
  const amount = simple?.[1] ?? simple?.[3] ?? "";
  const unit = simple?.[2] ?? simple?.[4] ?? "H";
  const write = (count: string, of: string) => {
    if (!/^\d{1,6}$/.test(count)) onChange(undefined);
    else onChange(of === "D" || of === "W" ? `P${count}${of}` : `PT${count}${of}`);
  };
  return (
    <div className="form-line">
      <input
        {...shared(props)}
        type="number"
        min={0}
        step={1}
        value={amount}
        readOnly={readOnly}
        onChange={(event) => write(event.target.value, unit)}
      />
      <select
        aria-label="Unit"
        id={`${id}-unit`}
        value={unit}
        disabled={readOnly}
        onChange={(event) => write(amount || "1", event.target.value)}
      >
        {UNITS.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Settings that have no form of their own, as JSON; what is no JSON yet stays in the field and is not taken. */
export function JsonInput(props: WidgetProps) {
  const { value, onChange, readOnly } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? (value === undefined ? "" : JSON.stringify(value, null, 2));
  return (
    <>
      <textarea
        {...shared(props)}
        className="code"
        rows={4}
        value={shown}
        readOnly={readOnly}
        spellCheck={false}
        onChange={(event) => {
          const next = event.target.value;
          try {
            onChange(next.trim() === "" ? undefined : JSON.parse(next));
            setTyped(null);
          } catch {
            setTyped(next);
          }
        }}
      />
      {typed !== null && <p className="finding">⚠ This is not JSON yet; it is not saved.</p>}
    </>
  );
}

export function fieldsOf(facts: FormFacts): Field[] {
  return facts.module?.fields ?? [];
}

const asChoice = (one: { key: string; name: string }): Choice => ({ value: one.key, label: one.name });
const people = (facts: FormFacts): Choice[] => [
  ...facts.people.map((person) => ({ value: person.username, label: person.name })),
  ...fieldsOf(facts)
    .filter((field) => field.type === "user")
    .map((field) => ({
      value: `{{ record.${field.key} }}`,
      label: `whoever is ${field.label ?? field.key}`,
    })),
];
const groups = (facts: FormFacts): Choice[] => facts.groups.map((name) => ({ value: name, label: name }));

const WIDGETS: Record<string, Widget> = {
  template: TemplateText,
  select: Select,
  choices: Choices,
  switch: Switch,
  number: NumberInput,
  duration: Duration,
  "record-field": selectFrom(({ facts }) =>
    fieldsOf(facts).map((field) => ({ value: field.key, label: field.label ?? field.key })),
  ),
  module: selectFrom(({ facts }) => facts.modules.map(asChoice)),
  workflow: selectFrom(({ facts }) => facts.workflows.map(asChoice)),
  source: selectFrom(({ facts }) => facts.sources.map(asChoice)),
  zone: suggestFrom(({ facts }) => facts.zones.map((zone) => ({ value: zone, label: zone }))),
  group: selectFrom(({ facts }) => groups(facts)),
  groups: listFrom(groups),
  person: suggestFrom(({ facts }) => people(facts)),
  people: listFrom(people),
  status: suggestFrom(({ facts }) => {
    const field = fieldsOf(facts).find((one) => one.key === facts.module?.status_field);
    return (field?.choices ?? []).map((value) => ({ value, label: value }));
  }),
  "field-value": suggestFrom(({ facts, settings }) => {
    const field = fieldsOf(facts).find((one) => one.key === settings.field);
    return (field?.choices ?? []).map((value) => ({ value, label: value }));
  }),
  cron: TextInput,
  rule: RuleEditor,
  "rule-values": RuleValuesEditor,
  "record-values": RecordValues,
  "named-values": NamedValues,
};
