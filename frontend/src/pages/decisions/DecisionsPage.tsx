import { query } from "../../api/client";
import type { Decision } from "../../api/recordTypes";
import { useSearch } from "../../app/router";
import { useOptions } from "../../app/useOptions";
import { usePages } from "../../app/usePages";
import { type Asked, Choice, Filters, NoHitAsked, Typed } from "../../ui/Filters";
import { Link } from "../../ui/Link";
import { Heading } from "../../ui/Page";
import { Paged } from "../../ui/Pager";
import { DecisionTable } from "./DecisionTable";
import { OUTCOMES } from "./sentences";

const LABELS = { module: "Module", record: "Record", outcome: "Answer", workflow: "Workflow" };
type Name = keyof typeof LABELS;
const NAMES = Object.keys(LABELS) as Name[];

/** Why did nothing happen? What each trigger answered to each event. */
export function DecisionsPage() {
  const [search, change] = useSearch();
  const { modules, workflows } = useOptions();
  const asked = addressOf(search);
  const pages = usePages<Decision>(asked);
  const set = NAMES.filter((name) => search[name] && (name !== "record" || search.module));
  const active: Asked[] = set.map((name) => ({
    label: `${LABELS[name]}: ${wordOf(name, search[name] ?? "")}`,
    drop: () => change(name === "module" ? { module: "", record: "" } : { [name]: "" }),
    without: addressOf({ ...search, [name]: "" }),
  }));

  function wordOf(name: Name, value: string): string {
    if (name === "outcome") return Object.entries(OUTCOMES).find(([key]) => key === value)?.[1].word ?? value;
    if (name === "workflow") return workflows.find((one) => String(one.id) === value)?.name ?? value;
    return modules.find((one) => name === "module" && one.key === value)?.name ?? value;
  }

  return (
    <>
      <Heading title="Decisions" />
      <p className="note">
        Why did nothing happen? What every trigger answered to every event it heard of. What was answered
        “paused” or “broken” can be made up for by <Link to="backfills/">backfills</Link>.
      </p>
      <Filters>
        <Choice label="Module" name="module" options={modules.map((one) => [one.key, one.name])} />
        <Typed label="Record" name="record" />
        <Choice
          label="Answer"
          name="outcome"
          options={Object.entries(OUTCOMES).map(([key, { word }]) => [key, word])}
        />
        <Choice
          label="Workflow"
          name="workflow"
          options={workflows.map((one) => [String(one.id), one.name])}
        />
      </Filters>
      {search.record && !search.module && (
        <p className="note" role="status">
          Choose the module of “{search.record}” too: two modules may each have a record of that name.
        </p>
      )}
      <Paged
        pages={pages}
        what="decisions"
        empty={active.length > 0 ? <NoHitAsked what="decisions" active={active} /> : <NoDecision />}
      >
        {(decisions, stale) => <DecisionTable decisions={decisions} stale={stale} />}
      </Paged>
    </>
  );
}

function NoDecision() {
  return (
    <div className="note empty">
      <p>No trigger has judged an event yet.</p>
      <p>
        When a record changes, a deadline comes or another system sends something, every live workflow that
        listens gives its answer, and each answer is a row here: that a run started, or which rule said no and
        what value it saw.
      </p>
    </div>
  );
}

/** The API takes a record only together with its module. */
function addressOf(search: Partial<Record<Name, string>>): string {
  const { module, record, outcome, workflow } = search;
  return `decisions/${query({ module, record: module ? record : "", outcome, workflow })}`;
}
