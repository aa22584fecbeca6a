import { useCallback, useState } from "react";
import { query } from "../../api/client";
import type { DataRecord, Decision, ModuleDetail } from "../../api/recordTypes";
import type { Run } from "../../api/runTypes";
import { useSite } from "../../app/context";
import { useLoad } from "../../app/useLoad";
import { mergeNewest, usePages } from "../../app/usePages";
import { Facts } from "../../ui/Facts";
import { Link } from "../../ui/Link";
import { Heading, Show } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { DecisionTable } from "../decisions/DecisionTable";
import { RunTable } from "../runs/RunList";
import { EditRecord } from "./EditRecord";
import { LookOnly } from "./LookOnly";
import { Comments, History } from "./RecordPast";
import { Value } from "./Value";
import "./records.css";

export function RecordPage({ moduleKey, recordKey }: { moduleKey: string; recordKey: string }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [module, record] = await Promise.all([
        api.module(moduleKey, signal),
        api.record(moduleKey, recordKey, signal),
      ]);
      return { module, record };
    },
    [api, moduleKey, recordKey],
  );
  const [loaded, again] = useLoad(load);
  if (loaded.state === "ready") return <Ready module={loaded.value.module} first={loaded.value.record} />;
  return (
    <>
      <p className="trail">
        <Link to="records/">Records</Link> › <Link to={`records/${moduleKey}/`}>{moduleKey}</Link>
      </p>
      <Heading title={recordKey} />
      <Show loaded={loaded} again={again}>
        {() => null}
      </Show>
    </>
  );
}

function Ready({ module, first }: { module: ModuleDetail; first: DataRecord }) {
  const [record, setRecord] = useState(first);
  const [editing, setEditing] = useState(false);
  const about = query({ module: module.key, record: record.key });
  const runs = usePages<Run>(`runs/${about}`, mergeNewest);
  const decisions = usePages<Decision>(`decisions/${about}`);
  const title = record.title === record.key ? record.key : `${record.key}: ${record.title}`;
  return (
    <>
      <p className="trail">
        <Link to="records/">Records</Link> › <Link to={`records/${module.key}/`}>{module.name}</Link>
      </p>
      <Heading title={title}>
        {!editing && module.may_use && (
          <p className="actions">
            <button type="button" onClick={() => setEditing(true)}>
              Edit
            </button>
          </p>
        )}
      </Heading>
      {!module.may_use && <LookOnly module={module} />}
      {editing ? (
        <EditRecord
          module={module}
          record={record}
          onSaved={(saved) => {
            setRecord(saved);
            setEditing(false);
          }}
          onCancel={(newest) => {
            setRecord(newest);
            setEditing(false);
          }}
        />
      ) : (
        <Facts
          facts={module.fields.map((field) => [
            field.label ?? field.key,
            <Value key={field.key} field={field} value={record.values[field.key]} />,
          ])}
        />
      )}
      <Comments module={module} record={record.key} />
      <section aria-labelledby="runs">
        <h2 id="runs">Runs on this record</h2>
        <Paged pages={runs} what="runs" empty={<p className="note">No workflow has run on this record.</p>}>
          {(found, stale) => <RunTable runs={found} stale={stale} />}
        </Paged>
      </section>
      <section aria-labelledby="decisions">
        <h2 id="decisions">Decisions about this record</h2>
        <Paged
          pages={decisions}
          what="decisions"
          empty={<p className="note">No live workflow has heard of this record.</p>}
        >
          {(found, stale) => <DecisionTable decisions={found} stale={stale} without={["Record"]} />}
        </Paged>
      </section>
      <History module={module} record={record.key} version={record.version} />
    </>
  );
}
