import { useState } from "react";
import { shared, type WidgetProps } from "./widget";

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
