import type { Binding } from "../api/settingsTypes";
import { Ago } from "./Ago";
import { Link } from "./Link";
import { effectOf, endOf, RULES } from "./policyWords";

/** What admins demand of the workflow that the page is about; nothing where nothing is demanded. */
export function PolicyBanner({ policies }: { policies: readonly Binding[] }) {
  if (policies.length === 0) return null;
  return (
    <aside className="binding" aria-label="What binds this workflow">
      {policies.map((policy) => (
        <p key={policy.id}>
          <strong>{RULES[policy.rule]}.</strong> {effectOf(policy.rule, policy.module, policy.demand)}{" "}
          {policy.set_by} set it <Ago at={policy.set_at} />: “{policy.reason}”. {endOf(policy)}{" "}
          <Link to="mode-policies/">Mode policies</Link>
        </p>
      ))}
    </aside>
  );
}
