import { useState } from "react";
import { alertsOf } from "../api/alerts";
import type { Named } from "../api/types";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";
import { dateTime } from "../ui/format";
import { Link } from "../ui/Link";
import { type Column, Table } from "../ui/Table";
import type { AlertRule, KindFacts } from "./types";
import { toldWords } from "./WhoIsTold";
import { boundWords, placeWords } from "./words";

interface Props {
  rules: AlertRule[];
  kinds: KindFacts[];
  destinations: Named[];
  /** By rule, the keys of its own destinations. */
  told: Record<number, string[]>;
  /** Whether the reader may say what is watched of anything. */
  watch: boolean;
  onChange: (rule: AlertRule) => void;
  onRemoved: (id: number) => void;
}

/** What is watched, of what, and by which bounds. */
export function Rules({ rules, kinds, destinations, told, watch, onChange, onRemoved }: Props) {
  const { api } = useSite();
  const [removing, setRemoving] = useState<AlertRule | null>(null);
  const factsOf = (rule: AlertRule) => kinds.find((facts) => facts.kind === rule.kind);
  const columns: Column<AlertRule>[] = [
    {
      name: "Rule",
      wide: true,
      cell: (rule) => (
        <>
          {rule.name}
          {!rule.enabled && <span className="chip">off</span>}
          {rule.snoozed_until !== null && Date.parse(rule.snoozed_until) > Date.now() && (
            <span className="chip">quiet until {dateTime(rule.snoozed_until)}</span>
          )}
        </>
      ),
    },
    {
      name: "Watches",
      wide: true,
      cell: (rule) =>
        rule.workflow === null ? (
          placeWords(rule)
        ) : (
          <Link to={`workflows/${rule.workflow}/`}>{placeWords(rule)}</Link>
        ),
    },
    {
      name: "Raised",
      wide: true,
      cell: (rule) => (
        <>
          {factsOf(rule)?.title}: {boundWords(rule, factsOf(rule))}
          {rule.breaks && "; the workflow is taken back to simulate"}
        </>
      ),
    },
    {
      name: "Tells",
      cell: ({ id, tell_owner, people }) =>
        toldWords({ tell_owner, people, destinations: told[id] ?? [] }, destinations),
    },
    {
      name: "Change",
      cell: (rule) =>
        rule.may_change && (
          <span className="actions">
            <button type="button" onClick={() => onChange(rule)}>
              Change…<span className="visually-hidden"> {rule.name}</span>
            </button>
            {!rule.fallback && (
              <button type="button" onClick={() => setRemoving(rule)}>
                Remove…<span className="visually-hidden"> {rule.name}</span>
              </button>
            )}
          </span>
        ),
    },
  ];
  return (
    <section aria-labelledby="watched">
      <h2 id="watched">What is watched</h2>
      {!watch && (
        <p className="note">
          Who may edit a workflow says what is watched of it; an admin, of teams and of all.
        </p>
      )}
      <Table label="Alert rules" columns={columns} rows={rules} keyOf={(rule) => rule.id} />
      {removing !== null && (
        <FormDialog
          title={`Remove “${removing.name}”`}
          button="Remove"
          onDo={async () => {
            await alertsOf(api).removeRule(removing.id);
            onRemoved(removing.id);
          }}
          onClose={() => setRemoving(null)}
        >
          <p>What it has raised counts as over. Failures that no other rule watches are told all the same.</p>
        </FormDialog>
      )}
    </section>
  );
}
