import { useCallback, useState } from "react";
import { alertsOf } from "../api/alerts";
import type { Module } from "../api/recordTypes";
import type { Named, Workflow } from "../api/types";
import { useSite } from "../app/context";
import { useSearch } from "../app/router";
import { useLoad } from "../app/useLoad";
import { Heading, Show } from "../ui/Page";
import { OpenAlerts } from "./OpenAlerts";
import { PastAlerts } from "./PastAlerts";
import { RuleDialog } from "./RuleDialog";
import { Rules } from "./Rules";
import { Standstills } from "./Standstills";
import type { Alert, AlertRule, KindFacts, Standstill } from "./types";
import "./alerts.css";

interface Loaded {
  open: Alert[];
  rules: AlertRule[];
  kinds: KindFacts[];
  /** Those of which the reader may say what is watched. */
  workflows: Workflow[];
  standstills: Standstill[];
  modules: Module[];
  /** Those that the reader may let stand still. */
  runnable: Workflow[];
  /** User names to choose from; none where one may not see who there is. */
  people: string[];
  destinations: Named[];
  /** By rule, the keys of its own destinations. */
  told: Record<number, string[]>;
  /** May say what is watched of teams and of all. */
  admin: boolean;
  /** May say what is watched of anything. */
  watch: boolean;
}

/** What goes wrong now, what is watched, and what is over. */
export default function AlertsPage() {
  const { api } = useSite();
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const alerts = alertsOf(api);
      const [open, rules, kinds, workflows, standstills, modules, runnable, destinations, told, me] =
        await Promise.all([
          alerts.open(signal),
          alerts.rules(signal),
          alerts.kinds(signal),
          api.allWorkflows(signal, false, "edit"),
          alerts.standstills(signal),
          api.modules(signal),
          api.allWorkflows(signal, false, "run"),
          api.destinations(signal),
          alerts.ruleDestinations(signal),
          api.me(signal),
        ]);
      const mayName = me.may.create_workflows;
      const { people } = mayName ? await api.people(signal) : { people: [] };
      return {
        people: people.map((one) => one.username),
        destinations: destinations.results,
        told: Object.fromEntries(
          told.results.map((one) => [one.rule, one.destinations.map(({ key }) => key)]),
        ),
        open: open.results,
        rules: rules.results,
        kinds,
        workflows,
        standstills: standstills.results,
        modules: modules.results,
        runnable,
        admin: me.may.set_mode_policies,
        watch: me.may.watch,
      };
    },
    [api],
  );
  const [loaded, again] = useLoad(load);
  const count = loaded.state === "ready" ? loaded.value.open.filter(isLoud).length : 0;
  const [making, setMaking] = useState(false);
  return (
    <>
      <Heading title="Alerts" count={count}>
        {loaded.state === "ready" && loaded.value.watch && (
          <p className="actions">
            <button type="button" className="primary" onClick={() => setMaking(true)}>
              Watch something…
            </button>
          </p>
        )}
      </Heading>
      <Show loaded={loaded} again={again}>
        {(found) => <Watched {...found} making={making} onMade={() => setMaking(false)} />}
      </Show>
    </>
  );
}

/** Whether nobody has taken note of it or set it aside yet. */
function isLoud(alert: Alert): boolean {
  return alert.acknowledged_at === null && alert.snoozed_until === null;
}

interface Props extends Loaded {
  making: boolean;
  onMade: () => void;
}

function Watched(props: Props) {
  const { open, rules: first, kinds, workflows, standstills, admin, making, onMade } = props;
  const { people, destinations, modules, runnable } = props;
  const [told, setTold] = useState(props.told);
  const [{ workflow = "" }] = useSearch();
  const [rules, setRules] = useState(first);
  const [changing, setChanging] = useState<AlertRule | null>(null);
  const about = Number(workflow) || null;
  const put = (rule: AlertRule, named: string[]) => {
    setTold((before) => ({ ...before, [rule.id]: named }));
    setRules((before) =>
      before.some((one) => one.id === rule.id)
        ? before.map((one) => (one.id === rule.id ? rule : one))
        : [...before, rule],
    );
  };
  const chosen = { kinds, workflows, admin, about, people, destinations };
  return (
    <>
      <OpenAlerts alerts={open.filter((alert) => about === null || alert.workflow === about)} />
      <Rules
        rules={rules}
        kinds={kinds}
        destinations={destinations}
        told={told}
        onChange={setChanging}
        watch={props.watch}
        onRemoved={(id) => setRules((before) => before.filter((one) => one.id !== id))}
      />
      <Standstills first={standstills} may={runnable} modules={modules} admin={admin} />
      <PastAlerts workflow={about} />
      {making && <RuleDialog {...chosen} onSaved={put} onClose={onMade} />}
      {changing !== null && (
        <RuleDialog
          {...chosen}
          rule={changing}
          told={told[changing.id] ?? []}
          onSaved={put}
          onClose={() => setChanging(null)}
        />
      )}
    </>
  );
}
