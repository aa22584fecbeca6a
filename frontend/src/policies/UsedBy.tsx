import { usePages } from "../app/usePages";
import { ModeChip } from "../ui/chips";
import { Link } from "../ui/Link";
import { Paged } from "../ui/Pager";
import { type Column, Table } from "../ui/Table";
import type { Policy, PolicyUser } from "./types";

/** The workflows that use a policy, each with the revision that its live version keeps. */
export function UsedBy({ policy }: { policy: Policy }) {
  const pages = usePages<PolicyUser>(`policies/${policy.key}/used-by/`);
  const hidden = policy.used_by_hidden;
  return (
    <section aria-labelledby="used-by">
      <h2 id="used-by">Used by {policy.used_by + hidden}</h2>
      <Paged
        pages={pages}
        what="workflows"
        empty={
          <p className="note empty">
            No workflow {hidden > 0 ? "that you may see " : ""}uses it. In a condition, press “Add policy”.
          </p>
        }
      >
        {(users, stale) => (
          <Table
            label="Used by"
            columns={COLUMNS}
            rows={users}
            keyOf={(user) => user.workflow}
            stale={stale}
          />
        )}
      </Paged>
      {hidden > 0 && (
        <p className="note">
          {hidden === 1 ? "One more workflow uses" : `${hidden} more workflows use`} it that you may not see.
        </p>
      )}
    </section>
  );
}

const COLUMNS: Column<PolicyUser>[] = [
  { name: "Workflow", cell: (user) => <Link to={`workflows/${user.workflow}/`}>{user.name}</Link> },
  { name: "Draft", cell: (user) => (user.draft ? "uses the newest revision" : "–") },
  {
    name: "Live version",
    cell: ({ live, workflow }) =>
      live === null ? (
        "–"
      ) : (
        <>
          <Link to={`workflows/${workflow}/versions/`}>version {live.version}</Link>, revision {live.revision}
        </>
      ),
  },
  {
    name: "Newer revision",
    wide: true,
    cell: ({ live }) =>
      live !== null && live.newer !== null && `${live.newer} is available: publish the workflow to use it.`,
  },
  { name: "Mode", cell: (user) => (user.live === null ? "–" : <ModeChip mode={user.mode} />) },
];
