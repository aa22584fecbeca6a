/** Rules as rows of selects: groups in groups, leaves by field, operator and value, policies of the library. */

import { useState } from "react";
import type { Field, Operator } from "../api/types";
import { shown } from "../ui/format";
import type { Explanation, FormFacts } from "./facts";
import { type Group, groupOf, makeGroup, moved, type Rule, readRule, withPart } from "./ruleTree";
import { LiteralInput } from "./ValuesEditor";
import { fieldsOf, type WidgetProps } from "./widgets";

interface PartProps {
  rule: Rule;
  onChange: (next: Rule | null) => void;
  facts: FormFacts;
  readOnly: boolean;
  path: string;
  told: Explanation | null;
}

export function RuleEditor({ id, value, onChange, facts, readOnly, describedBy }: WidgetProps) {
  const [told, setTold] = useState<Explanation | null>(null);
  const [trouble, setTrouble] = useState("");
  const rule = readRule(value);
  // A single leaf is shown as a group of one, so that another can be added.
  const root = groupOf(rule) === null ? { all: [rule] } : rule;
  const change = (next: Rule | null) => {
    setTold(null);
    const group = next === null ? null : groupOf(next);
    onChange(next === null || group?.[1].length === 0 ? undefined : next);
  };
  const explain = () => {
    setTrouble("");
    facts.explain?.(value).then(setTold, (error: unknown) => {
      setTold(null);
      setTrouble(error instanceof Error ? error.message : "It could not be explained.");
    });
  };
  return (
    <fieldset id={id} tabIndex={-1} className="rule" aria-describedby={describedBy || undefined}>
      <legend className="visually-hidden">Rule</legend>
      <Part rule={root} onChange={change} facts={facts} readOnly={readOnly} path="" told={told} />
      {facts.explain !== undefined && value !== undefined && (
        <p className="rule-explain">
          <button type="button" onClick={explain}>
            Explain
          </button>{" "}
          <span role="status">
            {told !== null && told.matching !== null && `${told.matching} of ${told.total} records match.`}
            {told !== null &&
              told.result !== null &&
              ` The sample ${told.result ? "is" : "is not"} one of them.`}
            {trouble}
          </span>
        </p>
      )}
    </fieldset>
  );
}

function Part(props: PartProps) {
  const { rule } = props;
  if (groupOf(rule) !== null) return <GroupPart {...props} />;
  if ("not" in rule) return <NotPart {...props} inner={rule.not} />;
  if ("policy" in rule) return <PolicyPart {...props} policy={rule.policy} />;
  return "field" in rule ? <LeafPart {...props} leaf={rule} /> : null;
}

function GroupPart({ rule, onChange, facts, readOnly, path, told }: PartProps) {
  const [kind, parts] = groupOf(rule) ?? ["all", []];
  const first = fieldsOf(facts)[0];
  const leaf: Rule = { field: first?.key ?? "", op: "eq" };
  const add = (part: Rule) => onChange(makeGroup(kind, [...parts, part]));
  return (
    <div className="rule-group">
      <select
        aria-label="How the parts go together"
        value={kind}
        disabled={readOnly}
        onChange={(event) => onChange(makeGroup(event.target.value as Group, parts))}
      >
        <option value="all">all of</option>
        <option value="any">any of</option>
      </select>
      <ul>
        {parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no name but their place.
          <li key={index}>
            <Part
              rule={part}
              onChange={(next) => onChange(makeGroup(kind, withPart(parts, index, next)))}
              facts={facts}
              readOnly={readOnly}
              path={`${path === "" ? "" : `${path}.`}${kind}[${index}]`}
              told={told}
            />
            {!readOnly && (
              <span className="rule-tools">
                <button
                  type="button"
                  aria-label={`Move part ${index + 1} up`}
                  disabled={index === 0}
                  onClick={() => onChange(makeGroup(kind, moved(parts, index, -1)))}
                >
                  ↑
                </button>
                <button
                  type="button"
                  aria-label={`Move part ${index + 1} down`}
                  disabled={index === parts.length - 1}
                  onClick={() => onChange(makeGroup(kind, moved(parts, index, 1)))}
                >
                  ↓
                </button>
                <button
                  type="button"
                  aria-label={`not: turn part ${index + 1} round`}
                  onClick={() =>
                    onChange(
                      makeGroup(kind, withPart(parts, index, "not" in part ? part.not : { not: part })),
                    )
                  }
                >
                  not
                </button>
                <button
                  type="button"
                  aria-label={`Remove part ${index + 1}`}
                  onClick={() => onChange(makeGroup(kind, withPart(parts, index, null)))}
                >
                  ✕
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {!readOnly && (
        <span className="rule-add">
          <button type="button" onClick={() => add(leaf)}>
            Add condition
          </button>
          <button type="button" onClick={() => add({ any: [leaf] })}>
            Add group
          </button>
          {facts.policies.length > 0 && (
            <button type="button" onClick={() => add({ policy: facts.policies[0]?.key ?? "" })}>
              Add policy
            </button>
          )}
        </span>
      )}
    </div>
  );
}

function NotPart({ inner, onChange, ...others }: PartProps & { inner: Rule }) {
  const path = others.path === "" ? "not" : `${others.path}.not`;
  return (
    <div className="rule-not">
      <span>not</span>
      <Part
        {...others}
        rule={inner}
        path={path}
        onChange={(next) => onChange(next === null ? null : { not: next })}
      />
    </div>
  );
}

function PolicyPart({ policy, onChange, facts, readOnly, path, told }: PartProps & { policy: string }) {
  return (
    <div className="rule-leaf">
      <select
        aria-label="Policy"
        value={policy}
        disabled={readOnly}
        onChange={(event) => onChange({ policy: event.target.value })}
      >
        {facts.policies.map((one) => (
          <option key={one.key} value={one.key}>
            policy {one.name}
          </option>
        ))}
      </select>
      <Verdict told={told} path={path} />
    </div>
  );
}

type Leaf = Extract<Rule, { field: string }>;

function LeafPart({ leaf, onChange, facts, readOnly, path, told }: PartProps & { leaf: Leaf }) {
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

export function operatorsFor(field: Field | undefined, facts: FormFacts): Operator[] {
  const type = facts.catalog.field_types.find((one) => one.type === field?.type);
  return facts.catalog.operators.filter((one) => type?.operators.includes(one.key));
}

/** What the last explanation said of this part: whether it held, and the value that it saw. */
function Verdict({ told, path }: { told: Explanation | null; path: string }) {
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

interface Case {
  branch: string;
  rule: unknown;
}

/** The cases of a switch: the name of a branch and its rule, in the order in which they are asked. */
export function CasesEditor(props: WidgetProps) {
  const { id, value, onChange, readOnly } = props;
  const cases = (Array.isArray(value) ? value : []) as Case[];
  const put = (index: number, next: Case) => onChange(cases.map((one, at) => (at === index ? next : one)));
  return (
    <fieldset id={id} tabIndex={-1} className="cases">
      <legend className="visually-hidden">Cases</legend>
      <ol>
        {cases.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a case's name is being typed.
          <li key={index}>
            <div className="form-line">
              <input
                aria-label={`Name of branch ${index + 1}`}
                placeholder="branch"
                value={one.branch ?? ""}
                readOnly={readOnly}
                onChange={(event) => put(index, { ...one, branch: event.target.value })}
              />
              {!readOnly && (
                <>
                  <button
                    type="button"
                    aria-label={`Move case ${index + 1} up`}
                    disabled={index === 0}
                    onClick={() => onChange(moved(cases, index, -1))}
                  >
                    ↑
                  </button>
                  <button
                    type="button"
                    aria-label={`Remove case ${index + 1}`}
                    onClick={() => onChange(cases.filter((_, at) => at !== index))}
                  >
                    ✕
                  </button>
                </>
              )}
            </div>
            <RuleEditor
              {...props}
              id={`${id}-${index}`}
              value={one.rule}
              onChange={(rule) => put(index, { ...one, rule: rule ?? {} })}
            />
          </li>
        ))}
      </ol>
      {!readOnly && (
        <button type="button" onClick={() => onChange([...cases, { branch: freeName(cases), rule: {} }])}>
          Add case
        </button>
      )}
    </fieldset>
  );
}

function freeName(cases: readonly Case[]): string {
  let number = cases.length + 1;
  while (cases.some((one) => one.branch === `case ${number}`)) number += 1;
  return `case ${number}`;
}

interface RuleValue {
  rule: unknown;
  value: string;
}

/** Rules with what is chosen where one holds: the first that does. */
export function RuleValuesEditor(props: WidgetProps) {
  const { id, value, onChange, readOnly, facts } = props;
  const rules = (Array.isArray(value) ? value : []) as RuleValue[];
  const put = (index: number, next: RuleValue) =>
    onChange(rules.map((one, at) => (at === index ? next : one)));
  return (
    <fieldset id={id} tabIndex={-1} className="cases">
      <legend className="visually-hidden">Rules</legend>
      <ol>
        {rules.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rules have no name but their place.
          <li key={index}>
            <RuleEditor
              {...props}
              id={`${id}-${index}`}
              value={one.rule}
              onChange={(rule) => put(index, { ...one, rule: rule ?? {} })}
            />
            <div className="form-line">
              <input
                aria-label={`Who, by rule ${index + 1}`}
                list={`${id}-people`}
                value={one.value ?? ""}
                readOnly={readOnly}
                onChange={(event) => put(index, { ...one, value: event.target.value })}
              />
              {!readOnly && (
                <button
                  type="button"
                  aria-label={`Remove rule ${index + 1}`}
                  onClick={() =>
                    onChange(rules.length === 1 ? undefined : rules.filter((_, at) => at !== index))
                  }
                >
                  ✕
                </button>
              )}
            </div>
          </li>
        ))}
      </ol>
      <datalist id={`${id}-people`}>
        {facts.people.map((person) => (
          <option key={person.username} value={person.username}>
            {person.name}
          </option>
        ))}
      </datalist>
      {!readOnly && (
        <button type="button" onClick={() => onChange([...rules, { rule: {}, value: "" }])}>
          Add rule
        </button>
      )}
    </fieldset>
  );
}
