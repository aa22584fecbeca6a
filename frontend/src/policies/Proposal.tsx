import { useState } from "react";
import { ApiError } from "../api/client";
import type { ModuleDetail } from "../api/recordTypes";
import { useSite } from "../app/context";
import { ImpactTable } from "./ImpactTable";
import type { Impact, Policy } from "./types";

interface Props {
  policy: Policy;
  module: ModuleDetail;
  rule: unknown;
  mayPublish: boolean;
  onBack: () => void;
  onPublished: () => void;
}

/** Another wording on its way: its impact is looked at first, and only this very wording is published then. */
export function Proposal({ policy, module, rule, mayPublish, onBack, onPublished }: Props) {
  const { api } = useSite();
  const [seen, setSeen] = useState<{ impact: Impact; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const text = JSON.stringify(rule);
  const same = text === JSON.stringify(policy.revision.rule);
  const current = seen !== null && seen.text === text ? seen.impact : null;
  const run = (work: Promise<unknown>) => {
    setBusy(true);
    setTrouble("");
    work
      .catch((error: unknown) => {
        const first = error instanceof ApiError ? error.problems[0] : undefined;
        const said = error instanceof ApiError ? error.message : "That could not be done. Try again.";
        setTrouble(first === undefined ? said : `${first.message} ${first.hint}`);
      })
      .finally(() => setBusy(false));
  };
  const look = () => run(api.impact(policy.key, rule).then((impact) => setSeen({ impact, text })));
  const publish = () => {
    if (current !== null) run(api.revise(policy.key, rule, current.seen).then(onPublished));
  };
  if (same) {
    return mayPublish ? (
      <p className="note">
        Change the rule to propose the next revision. Before it is published you see what it would change for
        every workflow that uses it.
      </p>
    ) : null;
  }
  return (
    <section className="proposal" aria-labelledby="proposal">
      <h3 id="proposal">Revision {policy.revision.number + 1}, not published</h3>
      <p className="actions">
        <button type="button" disabled={busy} onClick={look}>
          {current === null ? "Look at the impact" : "Look again"}
        </button>
        {current !== null && (
          <button type="button" className="primary" disabled={busy} onClick={publish}>
            Publish revision {policy.revision.number + 1}
          </button>
        )}
        <button type="button" disabled={busy} onClick={onBack}>
          Take the change back
        </button>
      </p>
      {current === null && (
        <p className="note" role="status">
          {busy
            ? "Counting live records…"
            : seen === null
              ? "It can be published once its impact was looked at."
              : "The rule was changed since: look at the impact again."}
        </p>
      )}
      {trouble !== "" && (
        <p className="problem" role="alert">
          {trouble}
        </p>
      )}
      {current !== null && <ImpactTable impact={current} module={module} />}
    </section>
  );
}
