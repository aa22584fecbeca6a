import type { ApprovalDetail } from "../api/approvalTypes";
import { shown } from "../ui/format";

/** The conditions that led to the question: which way each took, and the values that it saw. */
export function Why({ approval: { why } }: { approval: ApprovalDetail }) {
  if (why === null || why.length === 0) return null;
  return (
    <section aria-labelledby="why">
      <h2 id="why">Why it is asked</h2>
      <ul>
        {why.map(({ title, branches, saw }) => (
          <li key={title}>
            “{title}” took {branches.map((branch) => `“${branch}”`).join(" and ")}
            {Object.keys(saw).length > 0 &&
              `: ${Object.entries(saw)
                .map(([name, value]) => `${name} is ${shown(value)}`)
                .join(", ")}`}
            .
          </li>
        ))}
      </ul>
    </section>
  );
}
