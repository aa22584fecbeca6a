import { useCallback } from "react";
import type { Module } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { type Column, Table } from "../../ui/Table";

export function ModulesPage() {
  const { api } = useSite();
  const load = useCallback((signal: AbortSignal) => api.modules(signal), [api]);
  const [loaded, again] = useLoad(load);
  return (
    <>
      <Heading title="Records" />
      <Show loaded={loaded} again={again}>
        {({ results }) =>
          results.length === 0 ? (
            <p className="note empty">
              No module is shared with you. A module is a kind of record, such as tickets; an admin makes it
              and shares it.
            </p>
          ) : (
            <Table label="Modules" columns={COLUMNS} rows={results} keyOf={(module) => module.key} />
          )
        }
      </Show>
    </>
  );
}

const COLUMNS: Column<Module>[] = [
  { name: "Module", cell: ({ key, name }) => <Link to={`records/${key}/`}>{name}</Link> },
  { name: "Kept", cell: ({ kind }) => (kind === "stored" ? "here" : "in a table of the application") },
  { name: "Team", cell: ({ team }) => team || "–" },
  {
    name: "Fields",
    wide: true,
    cell: ({ fields }) => fields.map((field) => field.label ?? field.key).join(", "),
  },
];
