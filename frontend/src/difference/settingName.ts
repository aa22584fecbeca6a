/** What people call a setting of which a difference knows the path: "Rule, condition 1, value" for "rule.all[0].value". */

import type { JsonSchema } from "../api/catalogTypes";
import { titled } from "../forms/SchemaForm";

/** What every step has beside the settings of its kind. */
const OWN: Record<string, string> = {
  team: "Owner team",
  type: "Kind",
  disabled: "Disabled",
  retry: "Retry",
};
/** The parts of a rule; its groups go without saying, their parts are counted. */
const OF_RULES: Record<string, string> = {
  all: "",
  any: "",
  not: "not",
  field: "field",
  op: "operator",
  value: "value",
  case: "upper and lower case",
  policy: "policy",
  ref: "same as",
};

export function settingName(schema: JsonSchema | undefined, path: string): string {
  const [first = "", ...rest] = path.split(/\.|(?=\[)/);
  const inner = schema?.properties?.[first];
  const words = [OWN[first] ?? inner?.title ?? titled(first)];
  let at = inner;
  for (const [index, part] of rest.entries()) {
    const place = /^\[(\d+)\]$/.exec(part)?.[1];
    if (place !== undefined) {
      const group = rest[index - 1];
      const counted = group === "all" || group === "any" ? "condition" : first === "cases" ? "case" : "";
      words.push(`${counted} ${Number(place) + 1}`.trim());
      at = at?.items;
    } else {
      words.push(OF_RULES[part] ?? at?.properties?.[part]?.title?.toLowerCase() ?? part.replaceAll("_", " "));
      at = at?.properties?.[part];
    }
  }
  return words.filter((word) => word !== "").join(", ");
}
