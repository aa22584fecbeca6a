import { TextInput } from "./plainWidgets";
import { shared, text, type WidgetProps } from "./widget";

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
