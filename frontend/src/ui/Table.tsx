import type { ReactNode } from "react";

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  /** Figures and times, set so that digits stand below each other. */
  number?: boolean;
  /** Sentences, which may take several lines. */
  wide?: boolean;
  /** Texts of any length, of which one line is shown. */
  short?: boolean;
}

/** Rows that can be chosen, by their keys. */
export interface Selection<Row> {
  chosen: ReadonlySet<string | number>;
  onChange: (chosen: ReadonlySet<string | number>) => void;
  /** What a row is called, for those who hear its box. */
  nameOf: (row: Row) => string;
  /** Which rows can be chosen; all where nothing is said. */
  may?: (row: Row) => boolean;
}

interface Showing<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string | number;
  /** What is shown is about to be replaced. */
  stale?: boolean;
  selection?: Selection<Row> | undefined;
}

/** Rows in columns; the first column names the row. Narrow windows scroll the table, never the page. */
export function Table<Row>({ label, columns, rows, keyOf, stale = false, selection }: Showing<Row>) {
  const may = (row: Row) => selection?.may?.(row) ?? true;
  const keys = rows.filter(may).map(keyOf);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard.
    <section className="scroll" aria-label={label} tabIndex={0} aria-busy={stale}>
      <table>
        <thead>
          <tr>
            {selection !== undefined && <SelectAll keys={keys} selection={selection} />}
            {columns.map((column) => (
              <th key={column.name} scope="col">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={selection?.chosen.has(keyOf(row)) ? "chosen" : undefined}>
              {selection !== undefined &&
                (may(row) ? (
                  <Select row={row} keys={keys} own={keyOf(row)} selection={selection} />
                ) : (
                  <td className="select" />
                ))}
              {columns.map((column, index) => (
                <Cell key={column.name} column={column} row={row} first={index === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function SelectAll<Row>({ keys, selection }: { keys: (string | number)[]; selection: Selection<Row> }) {
  const { chosen, onChange } = selection;
  const all = keys.length > 0 && keys.every((key) => chosen.has(key));
  const some = keys.some((key) => chosen.has(key));
  return (
    <th scope="col" className="select">
      <input
        type="checkbox"
        aria-label="Select all that are shown"
        disabled={keys.length === 0}
        checked={all}
        ref={(box) => {
          if (box !== null) box.indeterminate = some && !all;
        }}
        onChange={() => onChange(all ? new Set() : new Set(keys))}
      />
    </th>
  );
}

interface Selecting<Row> {
  row: Row;
  own: string | number;
  keys: (string | number)[];
  selection: Selection<Row>;
}

/** A row's box. With Shift all between the last one and this are chosen; the arrows go from box to box. */
function Select<Row>({ row, own, keys, selection }: Selecting<Row>) {
  const { chosen, onChange, nameOf } = selection;
  const choose = (shift: boolean) => {
    const next = new Set(chosen);
    const last = shift ? [...chosen].at(-1) : undefined;
    const [from, to] = [keys.indexOf(last ?? own), keys.indexOf(own)];
    if (chosen.has(own)) next.delete(own);
    else if (from < 0) next.add(own);
    else for (const key of keys.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(key);
    onChange(next);
  };
  return (
    <td className="select">
      <input
        type="checkbox"
        aria-label={`Select ${nameOf(row)}`}
        checked={chosen.has(own)}
        onChange={(event) => choose((event.nativeEvent as globalThis.MouseEvent).shiftKey === true)}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          const boxes = [
            ...(event.currentTarget.closest("tbody")?.querySelectorAll("td.select input") ?? []),
          ];
          const box = boxes[boxes.indexOf(event.currentTarget) + step];
          if (box instanceof HTMLElement) box.focus();
        }}
      />
    </td>
  );
}

function Cell<Row>({ column, row, first }: { column: Column<Row>; row: Row; first: boolean }) {
  const { number, wide, short } = column;
  if (first) {
    return (
      <th scope="row" className={wide ? "wide" : undefined}>
        {column.cell(row)}
      </th>
    );
  }
  const name = number ? "number" : wide ? "wide" : short ? "short" : undefined;
  return <td className={name}>{column.cell(row)}</td>;
}
