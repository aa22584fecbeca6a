import { useCallback } from "react";
import { query } from "../api/client";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { usePages } from "../app/usePages";
import { Ago } from "../ui/Ago";
import { Choice, Filters, NoHitAsked } from "../ui/Filters";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import { Duplicates } from "./Duplicates";
import type { Policy } from "./types";
import "./policies.css";

/** The policy library: every named rule, who owns it, how many use it, and which rules stand twice without one. */
export default function PoliciesPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [me, modules] = await Promise.all([api.me(signal), api.modules(signal)]);
      return { mayCreate: me.may.create_policies, modules: modules.results };
    },
    [api],
  );
  const [loaded] = useLoad(load);
  const [search, change] = useSearch();
  const { module = "", archived = "" } = search;
  const pages = usePages<Policy>(`policies/${query({ module, archived })}`);
  const mayCreate = loaded.state === "ready" && loaded.value.mayCreate;
  const modules = loaded.state === "ready" ? loaded.value.modules : [];
  return (
    <>
      <Heading title="Conditions">
        {mayCreate && (
          <p className="actions">
            <Link className="button" to="conditions/new/">
              New policy
            </Link>
          </p>
        )}
      </Heading>
      <p className="note">
        A policy is a rule with a name and an owner. Workflows refer to it, so that it changes in one place; a
        published version keeps the revision that it was published with.
      </p>
      <Filters>
        <Choice label="Module" name="module" options={modules.map((one) => [one.key, one.name])} />
        <Choice label="Shown" name="archived" any="In use" options={[["true", "Archived"]]} />
      </Filters>
      <Paged
        pages={pages}
        what="policies"
        empty={
          module === "" ? (
            <Nothing archived={archived !== ""} mayCreate={mayCreate} />
          ) : (
            <NoHitAsked
              what="policies"
              active={[
                {
                  label: `Module: ${module}`,
                  drop: () => change({ module: "" }),
                  without: `policies/${query({ archived })}`,
                },
              ]}
            />
          )
        }
      >
        {(policies, stale) => (
          <Table
            label="Policies"
            columns={COLUMNS}
            rows={policies}
            keyOf={(policy) => policy.key}
            stale={stale}
          />
        )}
      </Paged>
      <Duplicates module={module} mayCreate={mayCreate} />
    </>
  );
}

function Nothing({ archived, mayCreate }: { archived: boolean; mayCreate: boolean }) {
  return (
    <div className="note empty">
      <p>{archived ? "No policy is archived." : "There is no policy yet."}</p>
      {!archived && (
        <p>
          {mayCreate
            ? "Make one here, or press “Extract policy” at a rule in a workflow’s editor."
            : "Whoever builds workflows can make one; its owner shares it with you."}
        </p>
      )}
    </div>
  );
}

const COLUMNS: Column<Policy>[] = [
  { name: "Name", cell: (policy) => <Link to={`conditions/${policy.key}/`}>{policy.name}</Link> },
  { name: "Module", cell: (policy) => policy.module },
  { name: "Owner", cell: (policy) => policy.owner ?? "nobody" },
  { name: "Used by", number: true, cell: (policy) => policy.used_by + policy.used_by_hidden },
  { name: "Newest revision", number: true, cell: (policy) => policy.revision.number },
  { name: "Published", cell: (policy) => <Ago at={policy.revision.published_at} /> },
];
