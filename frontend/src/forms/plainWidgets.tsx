/** Inputs for one value: text, a number, yes or no, a choice, several of a few. */

import { type Choice, shared, text, type Widget, type WidgetProps, words } from "./widget";

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

export function NumberInput(props: WidgetProps) {
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

export function Switch(props: WidgetProps) {
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

export function selectFrom(choicesOf: (props: WidgetProps) => Choice[]): Widget {
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

export const Select = selectFrom(({ schema }) =>
  (schema.enum ?? []).map((value) => ({ value, label: words(value) })),
);

/** Text that may name people or fields: offered, not forced. */
export function suggestFrom(choicesOf: (props: WidgetProps) => Choice[]): Widget {
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

export function Choices(props: WidgetProps) {
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
