import type { Match, Run } from "../../api/runTypes";
import { Link } from "../../ui/Link";
import { parted } from "./marked";

/** Where in a run the words stand that were looked for, each a link to that place where it has one. */
export function Matches({ run, search }: { run: Run; search: string }) {
  return (
    <ul className="plain matches">
      {(run.matches ?? []).map((match) => (
        <li key={`${match.where} ${match.node} ${match.line} ${match.text}`}>
          <Place run={run.id} match={match} />: <Marked text={match.text} search={search} />
        </li>
      ))}
    </ul>
  );
}

const NAMES: Record<Match["where"], string> = {
  record: "Record",
  error: "Error",
  step: "Step",
  log: "Log line",
  input: "Input",
  outcome: "Outcome",
  event: "Event",
  change: "Change",
  output: "Output",
};

function Place({ run, match }: { run: number; match: Match }) {
  const { where, node, step, line } = match;
  const name = NAMES[where];
  if (line !== null) return <Link to={`runs/${run}/?view=log#L${line}`}>{`${name} ${line}`}</Link>;
  if (node === "") return name;
  const said = where === "step" ? name : `${name} of ${step}`;
  return <Link to={`runs/${run}/?step=${encodeURIComponent(node)}`}>{said}</Link>;
}

function Marked({ text, search }: { text: string; search: string }) {
  return parted(text, search).map((part, index) => {
    const key = `${index} ${part}`;
    return index % 2 === 1 ? <mark key={key}>{part}</mark> : part;
  });
}
