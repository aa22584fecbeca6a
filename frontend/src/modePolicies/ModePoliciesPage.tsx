import { useCallback, useState } from "react";
import { guardrailsOf } from "../api/guardrails";
import type { Module } from "../api/recordTypes";
import type { ModePolicy, Rule } from "../api/settingsTypes";
import type { Workflow } from "../api/types";
import { useSite } from "../app/context";
import { useLoad } from "../app/useLoad";
import { Ago } from "../ui/Ago";
import { ModeChip } from "../ui/chips";
import { Link } from "../ui/Link";
import { Heading, Show } from "../ui/Page";
import { effectOf, endOf, RULES } from "../ui/policyWords";
import { ReasonDialog } from "../versions/ReasonDialog";
import { SetDialog } from "./SetDialog";
import "./modePolicies.css";

const ENDS: Record<Rule, string> = {
  simulate_only:
    "Where nothing else holds, workflows in execute act again from now on, and runs that were held back go on. What was only simulated meanwhile is not done after.",
  four_eyes: "From now on a promotion takes a second person only where something else asks for one.",
  shadow: "From now on a promotion takes a shadow only where something else asks for one.",
};

interface Loaded {
  policies: ModePolicy[];
  modules: Module[];
  /** For those who set policies: whom one would bind. */
  workflows: Workflow[];
  maySet: boolean;
}

/** What admins demand of workflows now: where nothing may act, where every promotion takes two, and whom it binds. */
export default function ModePoliciesPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const [policies, modules, me] = await Promise.all([
        guardrailsOf(api).modePolicies(signal),
        api.modules(signal),
        api.me(signal),
      ]);
      const maySet = me.may.set_mode_policies;
      return {
        policies: policies.results,
        modules: modules.results,
        workflows: maySet ? await api.allWorkflows(signal) : [],
        maySet,
      };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  const [setting, setSetting] = useState(false);
  return (
    <>
      <Heading title="Mode policies">
        {loaded.state === "ready" && loaded.value.maySet && (
          <p className="actions">
            <button type="button" className="primary" onClick={() => setSetting(true)}>
              Set a mode policy…
            </button>
          </p>
        )}
      </Heading>
      <p className="note">
        What an admin demands of workflows, whatever their own mode is. It holds at once, until its end or
        until an admin ends it.
      </p>
      <Show loaded={loaded} again={again}>
        {(found) => <Policies {...found} setting={setting} onSet={() => setSetting(false)} />}
      </Show>
    </>
  );
}

interface Props extends Loaded {
  setting: boolean;
  /** The dialog is done with. */
  onSet: () => void;
}

function Policies({ policies: first, modules, workflows, maySet, setting, onSet }: Props) {
  const { api } = useSite();
  const [policies, setPolicies] = useState(first);
  const [ending, setEnding] = useState<ModePolicy | null>(null);
  const nameOf = (key: string | null) => modules.find((module) => module.key === key)?.name ?? key;
  return (
    <>
      {policies.length === 0 ? (
        <p className="note empty">
          No mode policy holds. Set one when nothing may act for a while, as in a year-end close, or when
          every promotion has to have a second person’s consent.
        </p>
      ) : (
        <ul className="mode-policies" aria-label="Mode policies">
          {policies.map((policy) => (
            <li key={policy.id} className={`rule-${policy.rule}`}>
              <h2>
                {RULES[policy.rule]}: {policy.module === null ? "everything" : nameOf(policy.module)}
              </h2>
              <p>
                {effectOf(policy.rule, nameOf(policy.module), policy.demand)} {policy.set_by} set it{" "}
                <Ago at={policy.set_at} />: “{policy.reason}”. {endOf(policy)}
                {policy.ends_at !== null && ` Afterwards: ${policy.afterwards}`}
              </p>
              <Bound policy={policy} />
              {maySet && (
                <p className="actions">
                  <button type="button" onClick={() => setEnding(policy)}>
                    End…
                    <span className="visually-hidden">
                      {" "}
                      {RULES[policy.rule]}: {nameOf(policy.module) ?? "everything"}
                    </span>
                  </button>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
      {!maySet && <p className="note">Only an admin sets and ends mode policies.</p>}
      {setting && (
        <SetDialog
          modules={modules}
          workflows={workflows}
          onSet={(policy) => setPolicies((before) => [policy, ...before])}
          onClose={onSet}
        />
      )}
      {ending !== null && (
        <ReasonDialog
          title={`End “${RULES[ending.rule]}”`}
          text={`${ENDS[ending.rule]} ${ending.afterwards}`}
          button="End it"
          required
          onDone={async (reason) => {
            await guardrailsOf(api).endModePolicy(ending.id, reason);
            setPolicies((before) => before.filter((one) => one.id !== ending.id));
          }}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
}

/** Which workflows it binds; how many there are that are not named. */
function Bound({ policy }: { policy: ModePolicy }) {
  const { binds, acting, workflows, rule } = policy;
  if (binds === 0) return <p className="note">It binds no workflow that you may see.</p>;
  const held =
    rule === "simulate_only" && acting > 0 ? `, ${acting} of them in execute and held to simulate` : "";
  return (
    <>
      <p className="note">
        It binds {binds === 1 ? "1 workflow" : `${binds} workflows`}
        {held}:
      </p>
      <ul className="bound">
        {workflows.map((workflow) => (
          <li key={workflow.id}>
            <Link to={`workflows/${workflow.id}/`}>{workflow.name}</Link> <ModeChip mode={workflow.mode} />
          </li>
        ))}
        {binds > workflows.length && <li className="note">and {binds - workflows.length} more</li>}
      </ul>
    </>
  );
}
