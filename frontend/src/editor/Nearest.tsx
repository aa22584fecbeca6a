import type { Near } from "../api/runTypes";
import { familyOf } from "../graph/document";
import { number, shown } from "../ui/format";
import { Link, recordTo } from "../ui/Link";
import { INSPECTOR } from "./Inspector";
import { useActions, useSlice } from "./store";
import { ruleText, useWords } from "./summary";
import { moduleOf, useWorld } from "./world";

/** That no record is a candidate, and which come nearest: they fail at one part of the trigger's rule alone. */
export function Nearest({ records, nearest }: { records: number; nearest: readonly Near[] }) {
  const words = useWords();
  const { modules } = useWorld();
  const drawing = useSlice((state) => state.history.drawing);
  const module = moduleOf(drawing, modules);
  const trigger = drawing.nodes.find((node) => familyOf(node) === "trigger");
  const name = module?.name.toLowerCase() ?? "records";
  const label = (field: string) => words.fields.get(field)?.label || field;
  return (
    <div className="nearest">
      <p>
        <strong>
          0 of {number(records)} {name} match.
        </strong>{" "}
        {nearest.length === 0 &&
          records > 0 &&
          "None is near: each fails at several parts of the trigger’s rule."}
        {trigger !== undefined && <Rule node={trigger.id} />}
      </p>
      {nearest.length > 0 && (
        <ul className="plain" aria-label="Nearest">
          {nearest.map((near) => (
            <li key={JSON.stringify(near.rule)}>
              <p>
                Nearest: {number(near.total)} {near.total === 1 ? "fails" : "fail"} only at{" "}
                <em>{ruleText(near.rule, words)}</em>
              </p>
              <ul className="plain">
                {near.records.map((one) => (
                  <li key={one.record}>
                    <Link to={recordTo(module?.key ?? "", one.record)}>{one.record}</Link> {one.title}{" "}
                    <span className="note">
                      {Object.entries(one.saw)
                        .map(([field, value]) => `${label(field)} is ${shown(value)}`)
                        .join(", ")}
                    </span>
                  </li>
                ))}
                {near.total > near.records.length && (
                  <li className="note">and {number(near.total - near.records.length)} more</li>
                )}
              </ul>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Leads to the rule that can be widened. */
function Rule({ node }: { node: string }) {
  const actions = useActions();
  return (
    <button
      type="button"
      className="as-link"
      onClick={() => {
        actions.select([node]);
        requestAnimationFrame(() => {
          const field = document.getElementById(`field-${node}-filter`);
          (field ?? document.getElementById(INSPECTOR))?.focus();
          field?.scrollIntoView({ block: "nearest" });
        });
      }}
    >
      Change the rule
    </button>
  );
}
