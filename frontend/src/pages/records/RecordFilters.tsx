import { type FormEvent, useId, useState } from "react";
import type { Catalog, Operator } from "../../api/catalogTypes";
import type { Field, Module } from "../../api/recordTypes";
import { useSearch } from "../../app/router";
import { filterEntry, filtersOf, filterWords, operatorsOf } from "./recordFilters";

/** The filters that hold, each to be taken away, and a form for one more: a field, an operator of its type, a value. */
export function RecordFilters({ module, catalog }: { module: Module; catalog: Catalog }) {
  const [search, change] = useSearch();
  const [fieldKey, setFieldKey] = useState(module.status_field || (module.fields[0]?.key ?? ""));
  const [opKey, setOpKey] = useState("");
  const [typed, setTyped] = useState<string[]>([]);
  const id = useId();
  const field = module.fields.find((one) => one.key === fieldKey);
  const operators = field === undefined ? [] : operatorsOf(catalog, field);
  const operator = operators.find((one) => one.key === opKey) ?? operators[0];

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (field === undefined || operator === undefined) return;
    const [name, value] = filterEntry(field, operator, typed);
    if (value !== "") change({ [name]: value });
    setTyped([]);
  };
  return (
    <search aria-label="Filters">
      <form className="filters" onSubmit={onSubmit}>
        <div className="filter">
          <label htmlFor={`${id}-field`}>Field</label>
          <select
            id={`${id}-field`}
            value={fieldKey}
            onChange={(event) => {
              setFieldKey(event.target.value);
              setTyped([]);
            }}
          >
            {module.fields.map((one) => (
              <option key={one.key} value={one.key}>
                {one.label ?? one.key}
              </option>
            ))}
          </select>
        </div>
        <div className="filter">
          <label htmlFor={`${id}-op`}>Comparison</label>
          <select
            id={`${id}-op`}
            value={operator?.key ?? ""}
            onChange={(event) => {
              setOpKey(event.target.value);
              setTyped([]);
            }}
          >
            {operators.map((one) => (
              <option key={one.key} value={one.key}>
                {one.label}
              </option>
            ))}
          </select>
        </div>
        {field !== undefined && operator !== undefined && (
          <Operand key={`${field.key} ${operator.value}`} {...{ field, operator, typed, setTyped }} />
        )}
        <button type="submit" className="at-foot">
          Add filter
        </button>
      </form>
      <ul className="chips" aria-label="Filters that hold">
        {filtersOf(search, module.fields).map((filter) => (
          <li key={filter.name} className="chip">
            {filterWords(filter, module, catalog)}
            <button
              type="button"
              aria-label={`Drop ${filterWords(filter, module, catalog)}`}
              onClick={() => change({ [filter.name]: "" })}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
    </search>
  );
}

interface Operanding {
  field: Field;
  operator: Operator;
  typed: string[];
  setTyped: (typed: string[]) => void;
}

const INPUT_TYPES: Record<string, string> = { date: "date", datetime: "datetime-local" };

function Operand({ field, operator, typed, setTyped }: Operanding) {
  const [first = "", second = ""] = typed;
  switch (operator.value) {
    case "none":
      return null;
    case "duration":
      return <Duration onText={(text) => setTyped([text])} />;
    case "pair":
      return (
        <>
          <Text label="From" field={field} text={first} onText={(text) => setTyped([text, second])} />
          <Text label="To" field={field} text={second} onText={(text) => setTyped([first, text])} />
        </>
      );
    default:
      return (
        <Text
          label={operator.value === "many" ? "Values, with commas" : "Value"}
          field={operator.value === "one" ? field : { ...field, type: "text" }}
          text={first}
          onText={(text) => setTyped([text])}
        />
      );
  }
}

interface Texting {
  label: string;
  field: Field;
  text: string;
  onText: (text: string) => void;
}

function Text({ label, field, text, onText }: Texting) {
  const id = useId();
  const choices =
    field.type === "boolean" ? ["true", "false"] : field.type === "choice" ? field.choices : undefined;
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      {choices === undefined ? (
        <input
          id={id}
          required
          type={INPUT_TYPES[field.type] ?? "text"}
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      ) : (
        <select id={id} required value={text} onChange={(event) => onText(event.target.value)}>
          <option value="">Choose…</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

/** A number of minutes, hours or days, as the ISO 8601 duration that operators of time take. */
function Duration({ onText }: { onText: (text: string) => void }) {
  const id = useId();
  const [count, setCount] = useState("");
  const [unit, setUnit] = useState("H");
  const tell = (number: string, of: string) => {
    setCount(number);
    setUnit(of);
    onText(number === "" ? "" : of === "D" ? `P${number}D` : `PT${number}${of}`);
  };
  return (
    <>
      <div className="filter">
        <label htmlFor={id}>How many</label>
        <input
          id={id}
          type="number"
          min="1"
          required
          value={count}
          onChange={(event) => tell(event.target.value, unit)}
        />
      </div>
      <div className="filter">
        <label htmlFor={`${id}-unit`}>Unit</label>
        <select id={`${id}-unit`} value={unit} onChange={(event) => tell(count, event.target.value)}>
          <option value="M">minutes</option>
          <option value="H">hours</option>
          <option value="D">days</option>
        </select>
      </div>
    </>
  );
}
