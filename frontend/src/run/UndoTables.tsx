import type { Undo, UndoPiece, UndoPlan } from "../api/undoTypes";
import { Ago } from "../ui/Ago";
import { shown } from "../ui/format";
import { Link, recordTo } from "../ui/Link";
import { type Column, Table } from "../ui/Table";

const keyOf = (piece: UndoPiece) => `${piece.module} ${piece.record} ${piece.field}`;

const RECORD: Column<UndoPiece> = {
  name: "Record",
  cell: ({ module, record }) => <Link to={recordTo(module, record)}>{record}</Link>,
};
const BACK: Column<UndoPiece>[] = [
  RECORD,
  { name: "Field", cell: (piece) => piece.field || "the record" },
  { name: "Now", wide: true, cell: (piece) => <del>{standing(piece, piece.found)}</del> },
  {
    name: "Goes back to",
    wide: true,
    cell: (piece) => (
      <>
        <ins>{standing(piece, piece.back_to)}</ins>
        {piece.overrides && <span className="note"> against the module’s transitions</span>}
      </>
    ),
  },
];
const LEFT: Column<UndoPiece>[] = [
  RECORD,
  { name: "Field", cell: (piece) => piece.field || "the record" },
  { name: "Now", wide: true, cell: (piece) => standing(piece, piece.found) },
  { name: "Why it is left", wide: true, cell: (piece) => piece.said },
];

function standing(piece: UndoPiece, value: unknown): string {
  if (piece.field !== "") return shown(value);
  return value === null ? "no record" : "a record";
}

export function WhatGoesBack({ plan }: { plan: UndoPlan }) {
  if (plan.restored.length === 0) return null;
  return (
    <>
      <h3>Goes back</h3>
      <Table label="What goes back" columns={BACK} rows={plan.restored} keyOf={keyOf} />
    </>
  );
}

export function WhatStays({ plan: { left, stays } }: { plan: UndoPlan }) {
  if (left.length === 0 && stays.length === 0) return null;
  return (
    <>
      <h3>Stays as it is</h3>
      {left.length > 0 && <Table label="What is left" columns={LEFT} rows={left} keyOf={keyOf} />}
      {stays.length > 0 && (
        <ul>
          {stays.map((one) => (
            <li key={one.what}>{one.said}</li>
          ))}
        </ul>
      )}
    </>
  );
}

export function Undos({ undos, takeBack }: { undos: Undo[]; takeBack: (undo: Undo) => void }) {
  if (undos.length === 0) return null;
  return (
    <>
      <h3>Undone before</h3>
      <ul className="plain">
        {undos.map((undo) => (
          <li key={undo.id}>
            {undo.takes_back === null ? "Undone" : "Undo taken back"} by <strong>{undo.actor}</strong>{" "}
            <Ago at={undo.at} />: {said(undo)}
            {undo.reason !== "" && ` “${undo.reason}”`}{" "}
            {undo.takes_back === null && !undo.taken_back && (
              <button type="button" onClick={() => takeBack(undo)}>
                Take back…
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function said({ fields_done }: Undo): string {
  const back = fields_done.filter((field) => field.restored).length;
  const left = fields_done.length - back;
  return `${back} put back${left > 0 ? `, ${left} left` : ""}.`;
}
