/** Rules as rows of selects: groups in groups, leaves by field, operator and value, policies of the library. */

import { useState } from "react";
import { Link } from "../ui/Link";
import type { Explanation, FormFacts } from "./facts";
import { LeafPart, Verdict } from "./RuleLeaf";
import { type Group, groupOf, makeGroup, moved, type Rule, readRule, withPart } from "./ruleTree";
import { fieldsOf, type WidgetProps } from "./widget";

export interface PartProps {
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
          {facts.extract !== undefined && !("policy" in rule) && (
            <button type="button" onClick={() => facts.extract?.(value)}>
              Extract policy…
            </button>
          )}{" "}
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
        {!facts.policies.some((one) => one.key === policy) && <option value={policy}>policy {policy}</option>}
        {facts.policies.map((one) => (
          <option key={one.key} value={one.key}>
            policy {one.name}
          </option>
        ))}
      </select>
      <Link to={`conditions/${policy}/`}>Open</Link>
      <Verdict told={told} path={path} />
    </div>
  );
}
