import { Link } from "../ui/Link";
import type { Rest } from "./types";

/** What rests, so that runs that are put back get nowhere until somebody wakes it. */
export function Rests({ rests }: { rests: Rest[] }) {
  if (rests.length === 0) return null;
  return (
    <div className="rests">
      <p>
        <strong>Mend this first,</strong> or they fail again, or are refused:
      </p>
      <ul>
        {rests.map(({ workflow, code, sentence, link }) => (
          <li key={`${workflow.id} ${code} ${sentence}`}>
            {workflow.name}: {sentence} {link !== "" && <Link to={link}>Look there</Link>}
          </li>
        ))}
      </ul>
    </div>
  );
}
