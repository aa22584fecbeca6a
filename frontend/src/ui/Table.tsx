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

interface Showing<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string | number;
  /** What is shown is about to be replaced. */
  stale?: boolean;
}

/** Rows in columns; the first column names the row. Narrow windows scroll the table, never the page. */
export function Table<Row>({ label, columns, rows, keyOf, stale = false }: Showing<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard.
    <section className="scroll" aria-label={label} tabIndex={0} aria-busy={stale}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
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
