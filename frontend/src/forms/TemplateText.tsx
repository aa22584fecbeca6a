import { useRef, useState } from "react";
import { DataList, fitting } from "./DataList";
import type { FormFacts } from "./facts";
import { Reads } from "./Reads";
import { shared, text, type WidgetProps } from "./widget";

/** A setting that is text with data in it. */
export function TemplateText(props: WidgetProps) {
  const { value, onChange, facts, readOnly, schema } = props;
  return (
    <TextWithData
      field={shared(props)}
      name={schema.title ?? "the text"}
      rows={(schema.maxLength ?? 0) > 1000 ? 4 : 2}
      value={text(value)}
      onChange={(next) => onChange(next || undefined)}
      facts={facts}
      readOnly={readOnly}
    />
  );
}

interface Props {
  /** The attributes that name and describe the field. */
  field: { id?: string; "aria-label"?: string };
  name: string;
  rows: number;
  value: string;
  onChange: (next: string) => void;
  facts: FormFacts;
  readOnly: boolean;
}

/** A plain field, so that the browser's own undo works in it. Two opening braces offer the data that is there to name;
 * the button writes them. */
export function TextWithData({ field, name, rows, value, onChange, facts, readOnly }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const open = caret === null ? null : openBraces(value, caret);
  const options = open === null ? [] : fitting(facts.references, open.typed);
  const chosen = Math.min(at, options.length - 1);
  const list = `${field.id ?? name}-data`;

  const write = (from: number, to: number, put: string, opens = false) => {
    const end = from + put.length;
    onChange(value.slice(0, from) + put + value.slice(to));
    setAt(0);
    setCaret(opens ? end : null);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(end, end);
    });
  };
  const insert = (path: string) => {
    if (open !== null && caret !== null) write(open.from, caret, `{{ ${path} }}`);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (options.length === 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((chosen + step + options.length) % options.length);
    else if (event.key === "Enter") insert(options[chosen]?.path ?? "");
    else if (event.key === "Escape") setCaret(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="text-with-data">
      <textarea
        {...field}
        ref={area}
        rows={rows}
        value={value}
        readOnly={readOnly}
        aria-autocomplete="list"
        aria-controls={options.length > 0 ? list : undefined}
        aria-activedescendant={options.length > 0 ? `${list}-${chosen}` : undefined}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setCaret(null)}
      />
      {options.length > 0 && <DataList id={list} options={options} chosen={chosen} onPick={insert} />}
      {!readOnly && (
        <button
          type="button"
          className="insert"
          aria-label={`Insert data into ${name}`}
          onClick={() => {
            const from = area.current?.selectionStart ?? value.length;
            write(from, area.current?.selectionEnd ?? from, "{{ ", true);
          }}
        >
          Insert data…
        </button>
      )}
      <Reads text={value} facts={facts} />
    </div>
  );
}

/** Braces that are open at the caret: where they begin, and what was typed after them. */
export function openBraces(value: string, caret: number): { from: number; typed: string } | null {
  const from = value.lastIndexOf("{{", caret - 1);
  const typed = from < 0 ? "" : value.slice(from + 2, caret);
  return from < 0 || /[}|\n]/.test(typed) ? null : { from, typed: typed.trim() };
}
