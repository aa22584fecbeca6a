import { expect, it } from "vitest";
import type { JsonSchema } from "../api/catalogTypes";
import { settingName } from "./settingName";

const schema: JsonSchema = {
  properties: {
    rule: { type: "object", "x-widget": "rule" },
    users: { type: "array", title: "People", items: { type: "string" } },
    dedupe: { type: "object", title: "One run per value", properties: { path: { title: "Path" } } },
    cases: { type: "array", items: { properties: { branch: { type: "string" } } } },
    values: { type: "object", title: "Values" },
  },
};

it.each([
  ["team", "Owner team"],
  ["type", "Kind"],
  ["retry.max_attempts", "Retry, max attempts"],
  ["rule", "Rule"],
  ["rule.field", "Rule, field"],
  ["rule.all[0].value", "Rule, condition 1, value"],
  ["rule.all[1].any[0].op", "Rule, condition 2, condition 1, operator"],
  ["rule.not.value.ref", "Rule, not, value, same as"],
  ["users[1]", "People, 2"],
  ["dedupe.path", "One run per value, path"],
  ["cases[2].branch", "Cases, case 3, branch"],
  ["cases[0].rule.all[0].value", "Cases, case 1, rule, condition 1, value"],
  ["values.due_at", "Values, due at"],
  ["remind_every", "Remind every"],
])("%s is called %s", (path, name) => {
  expect(settingName(schema, path)).toBe(name);
});

it("is called by its own name where nobody knows the kind", () => {
  expect(settingName(undefined, "some_thing[0].more")).toBe("Some thing, 1, more");
});
