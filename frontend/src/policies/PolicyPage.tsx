import { useCallback, useState } from "react";
import type { Catalog } from "../api/catalogTypes";
import type { ModuleDetail } from "../api/recordTypes";
import type { Page } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { ShareButton } from "../sharing/ShareButton";
import { Ago } from "../ui/Ago";
import { Facts } from "../ui/Facts";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { ReasonDialog } from "../versions/ReasonDialog";
import { DescribeDialog } from "./DescribeDialog";
import { Proposal } from "./Proposal";
import { Revisions } from "./Revisions";
import { RuleField } from "./RuleField";
import type { Policy, Revision } from "./types";
import { UsedBy } from "./UsedBy";
import "./policies.css";

interface Loaded {
  policy: Policy;
  module: ModuleDetail;
  catalog: Catalog;
  revisions: Page<Revision>;
}

/** One policy: its rule with what it takes, what another wording would change, who uses it, and how it came to be. */
export default function PolicyPage({ policyKey }: { policyKey: string }) {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const [policy, catalog, revisions] = await Promise.all([
        api.policy(policyKey, signal),
        api.catalog(signal),
        api.list<Revision>(`policies/${policyKey}/revisions/?limit=200`, "", signal),
      ]);
      return { policy, catalog, revisions, module: await api.module(policy.module, signal) };
    },
    [api, policyKey],
  );
  const [loaded, again] = useLoad(load);
  return (
    <>
      <p className="trail">
        <Link to="conditions/">Conditions</Link>
      </p>
      {loaded.state === "ready" ? (
        <Ready {...loaded.value} again={again} />
      ) : (
        <>
          <Heading title={policyKey} />
          <Show loaded={loaded} again={again}>
            {() => null}
          </Show>
        </>
      )}
    </>
  );
}

function Ready({ policy: first, module, catalog, revisions, again }: Loaded & { again: () => void }) {
  const { api } = useSite();
  const [policy, setPolicy] = useState(first);
  const [rule, setRule] = useState<unknown>(first.revision.rule);
  const [dialog, setDialog] = useState<"describe" | "archive" | null>(null);
  const mayChange = policy.rights.includes("change");
  const archived = policy.archived_at !== null;
  const verb = archived ? "restore" : "archive";
  return (
    <>
      <Heading title={policy.name}>
        {mayChange && (
          <p className="actions">
            <button type="button" onClick={() => setDialog("describe")}>
              Name and owner…
            </button>
            <button type="button" onClick={() => setDialog("archive")}>
              {archived ? "Restore…" : "Archive…"}
            </button>
            <ShareButton thing={`policies/${policy.key}`} name={policy.name} />
          </p>
        )}
      </Heading>
      {archived && (
        <p className="problem">This policy is archived: it is not offered any more. What uses it goes on.</p>
      )}
      {policy.description !== "" && <p className="policy-text">{policy.description}</p>}
      <Facts
        facts={[
          ["Key", <code key="key">{policy.key}</code>],
          ["Module", module.name],
          ["Owner", policy.owner ?? "nobody"],
          [
            "Newest revision",
            <>
              {policy.revision.number}, <Ago at={policy.revision.published_at} />
            </>,
          ],
        ]}
      />
      <section aria-labelledby="rule">
        <h2 id="rule">Rule</h2>
        <RuleField
          catalog={catalog}
          module={module}
          value={rule}
          onChange={setRule}
          readOnly={!mayChange || archived}
        />
        <Proposal
          policy={policy}
          module={module}
          rule={rule}
          mayPublish={mayChange && !archived}
          onBack={() => setRule(policy.revision.rule)}
          onPublished={again}
        />
      </section>
      <UsedBy policy={policy} />
      <Revisions revisions={revisions.results} />
      {dialog === "describe" && (
        <DescribeDialog policy={policy} onSaved={setPolicy} onClose={() => setDialog(null)} />
      )}
      {dialog === "archive" && (
        <ReasonDialog
          title={archived ? "Restore the policy" : "Archive the policy"}
          text={
            archived
              ? "It is offered to workflows again."
              : "It is not offered any more and can’t be revised. Workflows that use it go on; their drafts are warned."
          }
          button={archived ? "Restore" : "Archive"}
          required={false}
          onDone={async (reason) => {
            setPolicy(await api.actOnPolicy(policy.key, verb, reason));
            setDialog(null);
          }}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}
