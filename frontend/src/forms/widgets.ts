/** One input for each `x-widget` of a setting; what names none is edited by its type. */

import type { JsonSchema } from "../api/catalogTypes";
import { CasesEditor, RuleValuesEditor } from "./Cases";
import { Duration } from "./Duration";
import type { FormFacts } from "./facts";
import { JsonInput } from "./JsonInput";
import { listFrom } from "./NameList";
import { Choices, NumberInput, Select, Switch, selectFrom, suggestFrom, TextInput } from "./plainWidgets";
import { RuleEditor } from "./RuleEditor";
import { TemplateText } from "./TemplateText";
import { NamedValues, RecordValues } from "./ValuesEditor";
import { type Choice, fieldsOf, type Widget } from "./widget";

export function widgetOf(schema: JsonSchema): Widget {
  const named = WIDGETS[schema["x-widget"] ?? ""];
  if (named !== undefined) return named;
  if (schema.enum !== undefined) return Select;
  if (schema.type === "array" && schema.items?.properties?.branch !== undefined) return CasesEditor;
  if (schema.type === "object" && schema.properties === undefined) return RuleEditor;
  if (schema.type === "array" && schema.items?.enum !== undefined) return Choices;
  if (schema.type === "integer" || schema.type === "number") return NumberInput;
  if (schema.type === "boolean") return Switch;
  if (schema.type === "string") return TextInput;
  return JsonInput;
}

const asChoice = (one: { key: string; name: string }): Choice => ({ value: one.key, label: one.name });
const people = (facts: FormFacts): Choice[] => [
  ...facts.people.map((person) => ({ value: person.username, label: person.name })),
  ...fieldsOf(facts)
    .filter((field) => field.type === "user")
    .map((field) => ({
      value: `{{ record.${field.key} }}`,
      label: `whoever is ${field.label ?? field.key}`,
    })),
];
const groups = (facts: FormFacts): Choice[] => facts.groups.map((name) => ({ value: name, label: name }));

/** Before the key of an endpoint in that of its source. */
const WEBHOOK = "webhook:";

const WIDGETS: Record<string, Widget> = {
  template: TemplateText,
  select: Select,
  choices: Choices,
  switch: Switch,
  number: NumberInput,
  duration: Duration,
  "record-field": selectFrom(({ facts }) =>
    fieldsOf(facts).map((field) => ({ value: field.key, label: field.label ?? field.key })),
  ),
  module: selectFrom(({ facts }) => facts.modules.map(asChoice)),
  workflow: selectFrom(({ facts }) => facts.workflows.map(asChoice)),
  destination: selectFrom(({ facts }) => facts.destinations.map(asChoice)),
  source: selectFrom(({ facts }) => facts.sources.filter(({ key }) => !key.includes(":")).map(asChoice)),
  endpoint: selectFrom(({ facts }) =>
    facts.sources
      .filter(({ key }) => key.startsWith(WEBHOOK))
      .map(({ key, name }) => ({ value: key.slice(WEBHOOK.length), label: name })),
  ),
  texts: listFrom(() => []),
  zone: suggestFrom(({ facts }) => facts.zones.map((zone) => ({ value: zone, label: zone }))),
  group: selectFrom(({ facts }) => groups(facts)),
  groups: listFrom(groups),
  person: suggestFrom(({ facts }) => people(facts)),
  people: listFrom(people),
  status: suggestFrom(({ facts }) => {
    const field = fieldsOf(facts).find((one) => one.key === facts.module?.status_field);
    return (field?.choices ?? []).map((value) => ({ value, label: value }));
  }),
  "field-value": suggestFrom(({ facts, settings }) => {
    const field = fieldsOf(facts).find((one) => one.key === (settings.field ?? facts.module?.status_field));
    return (field?.choices ?? []).map((value) => ({ value, label: value }));
  }),
  cron: TextInput,
  rule: RuleEditor,
  "rule-values": RuleValuesEditor,
  "record-values": RecordValues,
  "named-values": NamedValues,
};
