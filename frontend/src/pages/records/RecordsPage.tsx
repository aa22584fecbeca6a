import { useCallback, useState } from "react";
import type { Catalog } from "../../api/catalogTypes";
import { guardrailsOf } from "../../api/guardrails";
import type { DataRecord, Module } from "../../api/recordTypes";
import { useSite } from "../../app/context";
import { useSearch } from "../../app/router";
import { useLoad } from "../../app/useLoad";
import { usePages } from "../../app/usePages";
import { ShareButton } from "../../sharing/ShareButton";
import { NoHitAsked } from "../../ui/Filters";
import { Link, recordTo } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { type Column, Table } from "../../ui/Table";
import { CreateRecord } from "./CreateRecord";
import { LookOnly } from "./LookOnly";
import { RecordFilters } from "./RecordFilters";
import { filtersOf, filterWords, recordsAddress } from "./recordFilters";
import { StartBar } from "./StartBar";
import { Value } from "./Value";
import "./records.css";

export function RecordsPage({ moduleKey }: { moduleKey: string }) {
  const { api } = useSite();
  const [creating, setCreating] = useState(false);
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [module, catalog, starts] = await Promise.all([
        api.module(moduleKey, signal),
        api.catalog(signal),
        guardrailsOf(api).manualStarts(moduleKey, 1, signal),
      ]);
      return { module, catalog, startable: starts.length > 0 };
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
        {module !== null && (
          <div className="actions">
            {module.kind === "stored" && module.may_use && (
              <button type="button" onClick={() => setCreating(true)}>
                New record
              </button>
            )}
            {module.may_change && <ShareButton thing={`modules/${module.key}`} name={module.name} />}
          </div>
        )}
      </Heading>
      <Show loaded={loaded} again={again}>
        {({ module: one, catalog, startable }) => (
          <>
            {!one.may_use && <LookOnly module={one} />}
            <RecordFilters module={one} catalog={catalog} />
            <RecordList module={one} catalog={catalog} startable={startable} />
            {creating && <CreateRecord module={one} onClose={() => setCreating(false)} />}
          </>
        )}
      </Show>
    </>
  );
}

interface Listed {
  module: Module;
  catalog: Catalog;
  /** Whether a workflow can be started by hand on these. */
  startable: boolean;
}

function RecordList({ module, catalog, startable }: Listed) {
  const [chosen, setChosen] = useState<ReadonlySet<string | number>>(new Set());
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
      {(records, stale) => {
        // What a filter took away is not started on unseen.
        const keys = records.map((record) => record.key).filter((key) => chosen.has(key));
        return (
          <>
            {startable && <StartBar module={module} keys={keys} onDone={() => setChosen(new Set())} />}
            <Table
              label={module.name}
              columns={columnsOf(module)}
              rows={records}
              keyOf={(record) => record.key}
              stale={stale}
              selection={
                startable ? { chosen, onChange: setChosen, nameOf: (record) => record.key } : undefined
              }
            />
          </>
        );
      }}
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
