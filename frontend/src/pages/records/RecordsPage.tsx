import { useCallback, useState } from "react";
import type { Catalog } from "../../api/catalogTypes";
import type { DataRecord, Module } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { useSearch } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { usePages } from "../../app/usePages";
import { NoHitAsked } from "../../ui/Filters";
import { Link, recordTo } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { CreateRecord } from "./CreateRecord";
import { LookOnly } from "./LookOnly";
import { RecordFilters } from "./RecordFilters";
import { filtersOf, filterWords, recordsAddress } from "./recordFilters";
import { Value } from "./Value";
import "./records.css";

export function RecordsPage({ moduleKey }: { moduleKey: string }) {
  const { api } = useSite();
  const [creating, setCreating] = useState(false);
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [module, catalog] = await Promise.all([api.module(moduleKey, signal), api.catalog(signal)]);
      return { module, catalog };
    },
    [api, moduleKey],
  );
  const [loaded, again] = useLoad(load);
  const module = loaded.state === "ready" ? loaded.value.module : null;
  return (
    <>
      <p className="trail">
        <Link to="records/">Records</Link>
      </p>
      <Heading title={module?.name ?? "Records"}>
        {module?.kind === "stored" && module.may_use && (
          <p className="actions">
            <button type="button" onClick={() => setCreating(true)}>
              New record
            </button>
          </p>
        )}
      </Heading>
      <Show loaded={loaded} again={again}>
        {({ module: one, catalog }) => (
          <>
            {!one.may_use && <LookOnly module={one} />}
            <RecordFilters module={one} catalog={catalog} />
            <RecordList module={one} catalog={catalog} />
            {creating && <CreateRecord module={one} onClose={() => setCreating(false)} />}
          </>
        )}
      </Show>
    </>
  );
}

function RecordList({ module, catalog }: { module: Module; catalog: Catalog }) {
  const [search, change] = useSearch();
  const pages = usePages<DataRecord>(recordsAddress(module.key, search));
  const active = filtersOf(search, module.fields).map((filter) => ({
    label: filterWords(filter, module, catalog),
    drop: () => change({ [filter.name]: "" }),
    without: recordsAddress(module.key, search, filter.name),
  }));
  const none =
    active.length > 0 ? (
      <NoHitAsked what="records" active={active} />
    ) : (
      <p className="note empty">
        {module.name} have no record yet. A new one is an event that can start workflows.
      </p>
    );
  return (
    <Paged pages={pages} what="records" empty={none}>
      {(records, stale) => (
        <Table
          label={module.name}
          columns={columnsOf(module)}
          rows={records}
          keyOf={(record) => record.key}
          stale={stale}
        />
      )}
    </Paged>
  );
}

function columnsOf(module: Module): Column<DataRecord>[] {
  const key: Column<DataRecord> = {
    name: "Key",
    cell: (record) => <Link to={recordTo(module.key, record.key)}>{record.key}</Link>,
  };
  const fields = module.fields.map(
    (field): Column<DataRecord> => ({
      name: field.label ?? field.key,
      number: NUMBERS.includes(field.type),
      short: !NUMBERS.includes(field.type),
      cell: ({ values }) => <Value field={field} value={values[field.key]} />,
    }),
  );
  return [key, ...fields];
}

const NUMBERS = ["number", "money", "date", "datetime"];
