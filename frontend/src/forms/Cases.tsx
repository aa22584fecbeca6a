/** Rules in a row, each with what it leads to: a branch of a switch, a person. */

import { RuleEditor } from "./RuleEditor";
import { moved } from "./ruleTree";
import type { WidgetProps } from "./widget";

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
