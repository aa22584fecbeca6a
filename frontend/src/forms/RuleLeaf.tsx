import type { Operator } from "../api/catalogTypes";
import type { Field } from "../api/recordTypes";
import { shown } from "../ui/format";
import type { Explanation, FormFacts } from "./facts";
import { LiteralInput } from "./LiteralInput";
import type { PartProps } from "./RuleEditor";
import type { Rule } from "./ruleTree";
import { fieldsOf } from "./widget";

type Leaf = Extract<Rule, { field: string }>;

/** A field, how it is compared, and with what. */
export function LeafPart({ leaf, onChange, facts, readOnly, path, told }: PartProps & { leaf: Leaf }) {
  const [name = "", ...below] = leaf.field.split(".");
  const field = fieldsOf(facts).find((one) => one.key === name);
  const operators = operatorsFor(field, facts);
  const operator = operators.find((one) => one.key === leaf.op);
  const setOp = (op: string) => {
    const now = operators.find((one) => one.key === op);
    const { value: _, ...rest } = leaf;
    const keeps = now?.value === operator?.value && leaf.value !== undefined;
    onChange(keeps ? { ...leaf, op } : { ...rest, op });
  };
  return (
    <div className="rule-leaf">
      <select
        aria-label="Field"
        value={name}
        disabled={readOnly}
        onChange={(event) => {
          const next = fieldsOf(facts).find((one) => one.key === event.target.value);
          const same = next?.type === field?.type && next?.type !== "choice";
          const fits = operatorsFor(next, facts).some((one) => one.key === leaf.op);
          onChange(
            same
              ? { ...leaf, field: event.target.value }
              : { field: event.target.value, op: fits ? leaf.op : "eq" },
          );
        }}
      >
        {field === undefined && <option value={name}>{name || "Choose…"}</option>}
        {fieldsOf(facts).map((one) => (
          <option key={one.key} value={one.key}>
            {one.label ?? one.key}
          </option>
        ))}
      </select>
      {field?.type === "json" && (
        <input
          aria-label="Path inside"
          placeholder="customer.name"
          value={below.join(".")}
          readOnly={readOnly}
          onChange={(event) =>
            onChange({ ...leaf, field: event.target.value === "" ? name : `${name}.${event.target.value}` })
          }
        />
      )}
      <select
        aria-label="Operator"
        value={leaf.op}
        disabled={readOnly}
        onChange={(event) => setOp(event.target.value)}
      >
        {operator === undefined && <option value={leaf.op}>{leaf.op}</option>}
        {operators.map((one) => (
          <option key={one.key} value={one.key}>
            {one.label}
          </option>
        ))}
      </select>
      {operator !== undefined && operator.value !== "none" && (
        <LiteralInput
          label="Value"
          field={field}
          shape={operator.value}
          value={leaf.value}
          readOnly={readOnly}
          onChange={(value) => {
            const { value: _, ...rest } = leaf;
            onChange(value === undefined ? rest : { ...leaf, value });
          }}
        />
      )}
      <Verdict told={told} path={path} />
    </div>
  );
}

function operatorsFor(field: Field | undefined, facts: FormFacts): Operator[] {
  const type = facts.catalog.field_types.find((one) => one.type === field?.type);
  return facts.catalog.operators.filter((one) => type?.operators.includes(one.key));
}

/** What the last explanation said of this part: whether it held, and the value that it saw. */
export function Verdict({ told, path }: { told: Explanation | null; path: string }) {
  const leaf =
    told?.leaves.find((one) => one.path === path) ?? (told?.leaves.length === 1 ? told.leaves[0] : undefined);
  if (leaf === undefined) return null;
  return (
    <span className={leaf.result ? "verdict held" : "verdict"}>
      {leaf.result ? "✓ holds" : "✕ does not hold"}
      {leaf.seen !== undefined && (
        <>
          : saw <em>{shown(leaf.seen)}</em>
        </>
      )}
    </span>
  );
}
