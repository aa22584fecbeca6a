import type { ReactNode } from "react";
import { BreakerBanner } from "../alerts/BreakerBanner";
import type { Breaker } from "../alerts/types";
import type { Binding } from "../api/settingsTypes";
import type { Loaded } from "../app/useLoad";
import { Link } from "./Link";
import { OutsideBanner } from "./OutsideBanner";
import { Heading } from "./Page";
import { PolicyBanner } from "./PolicyBanner";

/** The pages of a workflow: what each is called, and where it is below the workflow's own address. */
const PAGES = {
  design: ["Design", ""],
  runs: ["Runs", "runs/"],
  backfills: ["Backfills", "backfills/"],
  versions: ["Versions", "versions/"],
  backtests: ["Backtests", "backtests/"],
  promote: ["Promote", "promote/"],
  golive: ["Go-live", "golive/"],
  settings: ["Settings", "settings/"],
} as const;

type Here = keyof typeof PAGES;

/** The ways between the pages of one workflow, the same and in the same order on each of them. */
export function WorkflowTabs({ id, here }: { id: number; here: Here }) {
  return (
    <nav className="workflow-tabs" aria-label="Pages of the workflow">
      <ul>
        {Object.entries(PAGES).map(([key, [name, below]]) => (
          <li key={key}>
            <Link to={`workflows/${id}/${below}`} aria-current={key === here ? "page" : undefined}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface Shown {
  name: string;
  mode_policies: Binding[];
  breaker: Breaker | null;
  rights: string[];
  changed_outside: string[];
}

interface Headed {
  id: number;
  /** What the page has loaded, the workflow among it. */
  loaded: Loaded<{ workflow: Shown }>;
  here: Here;
  /** What stands before the workflow's name in the heading. */
  what: string;
  children?: ReactNode;
}

/** The head of every page of a workflow but its editor. */
export function WorkflowHead({ id, loaded, here, what, children }: Headed) {
  const workflow = loaded.state === "ready" ? loaded.value.workflow : null;
  const name = workflow?.name;
  return (
    <>
      <p className="trail">
        <Link to="workflows/">Workflows</Link> › <Link to={`workflows/${id}/`}>{name ?? "Workflow"}</Link>
      </p>
      <Heading title={`${what} ${name ?? "a workflow"}`}>{children}</Heading>
      <WorkflowTabs id={id} here={here} />
      {workflow !== null && (
        <BreakerBanner workflow={id} breaker={workflow.breaker} rights={workflow.rights} />
      )}
      {workflow !== null && <PolicyBanner policies={workflow.mode_policies} />}
      {workflow !== null && <OutsideBanner id={id} changed={workflow.changed_outside} />}
    </>
  );
}
